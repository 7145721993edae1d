import { testPlaces } from '../../server-core/test/suite/places.ts'
import { target } from './target.ts'

testPlaces(target)
