import { conformanceSuite } from '../../server-core/test/conformance/suite.ts'

conformanceSuite(new URL('conformance/adapter.ts', import.meta.url))
