import { testTextPort } from '../../server-core/test/suite/text-port.ts'
import { target } from './target.ts'

testTextPort(target)
