/**
 * Certificates for the TLS cases, valid for a hundred years and for loopback only. Public by nature: never use them for
 * anything that matters.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTemporaryDirectory } from './temporary-directory.ts'

export const serverKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgvXw8ohSDNBwr+2Tk
cvLfxAhHFilpxmYjXOMTyWuSv32hRANCAAQFkaKMujYAiI0UahL5jwSzquyMUxXb
wKbedrYfOpBg2qAggwDgLxrYlimzR47IR6JNhtcFwzPmQkECPirIZNqN
-----END PRIVATE KEY-----
`

export const serverCertificate = `-----BEGIN CERTIFICATE-----
MIIBrjCCAVSgAwIBAgIUNFU5CI9450Zmz4GxED/82I7kDYcwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzAzNDAwMFoYDzIxMjYxMDMw
MDM0MDAwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQFkaKMujYAiI0UahL5jwSzquyMUxXbwKbedrYfOpBg2qAggwDgLxrY
limzR47IR6JNhtcFwzPmQkECPirIZNqNo4GBMH8wHQYDVR0OBBYEFCvhHPpa9wpe
3Y28+fPYXLarDsmgMB8GA1UdIwQYMBaAFCvhHPpa9wpe3Y28+fPYXLarDsmgMA8G
A1UdEwEB/wQFMAMBAf8wLAYDVR0RBCUwI4IJbG9jYWxob3N0hwR/AAABhxAAAAAA
AAAAAAAAAAAAAAABMAoGCCqGSM49BAMCA0gAMEUCIQCNOzlvmxc4Jo3n77KQy0/Y
dEKD4bodORf5f8oqrgp9BQIgEOZ//HA+mTF14+RYoUNKUjiNtyweJNCa5u1bfdFu
2mo=
-----END CERTIFICATE-----
`

export const clientKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgk2HyEmS1gkKOD9U7
rYzxPhjgE5YRtxW3X7awN1i9IB+hRANCAAQEQ38jKbB/Rmxy5psfIUXZ/lblIQTw
J5w3G6wtgBHK+ISZj0SSin6JhTccymvXRaXYRrmTWtYLCw3GXS/krq0u
-----END PRIVATE KEY-----
`

export const clientCertificate = `-----BEGIN CERTIFICATE-----
MIIBkDCCATegAwIBAgIUG6Y4do6iMUSCtnBdDAKVgMY2EZ0wCgYIKoZIzj0EAwIw
HTEbMBkGA1UEAwwSY29uZm9ybWFuY2UgY2xpZW50MCAXDTI2MTEyMzAzNDAwMFoY
DzIxMjYxMDMwMDM0MDAwWjAdMRswGQYDVQQDDBJjb25mb3JtYW5jZSBjbGllbnQw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQEQ38jKbB/Rmxy5psfIUXZ/lblIQTw
J5w3G6wtgBHK+ISZj0SSin6JhTccymvXRaXYRrmTWtYLCw3GXS/krq0uo1MwUTAd
BgNVHQ4EFgQUFPnbBpHqlLmxJtteHt8rLwbluUAwHwYDVR0jBBgwFoAUFPnbBpHq
lLmxJtteHt8rLwbluUAwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBE
AiAZ+X+zwQLL3YpttCJuspzpTkk/ix/14L7BDAl1lOGOTAIgWthHy/ZdEOD8bxrL
qvbYAQey4/gMKLebT/TGAHJZ+TE=
-----END CERTIFICATE-----
`

/** The certificates as files in a directory of their own, removed when the process ends. */
export function certificateFiles(): { keyFile: string; certFile: string; clientCaFile: string; caFile: string } {
  if (files === undefined) {
    const directory = makeTemporaryDirectory()
    const at = (name: string, text: string): string => {
      writeFileSync(join(directory, name), text)
      return join(directory, name)
    }
    const certFile = at('server.crt', serverCertificate)
    files = {
      keyFile: at('server.key', serverKey),
      certFile,
      caFile: certFile,
      clientCaFile: at('client.crt', clientCertificate),
    }
  }
  return files
}

let files: ReturnType<typeof certificateFiles> | undefined
