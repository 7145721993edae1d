import { testTls } from '../../server-core/test/suite/tls.ts'
import { target } from './target.ts'

testTls(target)
