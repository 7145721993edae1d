import { testPorts } from '../../server-core/test/suite/ports.ts'
import { target } from './target.ts'

testPorts(target)
