import { testSocketPort } from '../../server-core/test/suite/socket-port.ts'
import { target } from './target.ts'

testSocketPort(target)
