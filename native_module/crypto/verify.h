#ifndef PICKET_VERIFY_H
#define PICKET_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#define PICKET_SIGNATURE_BYTES 64
#define PICKET_PUBLIC_KEY_BYTES 32

/*
 * Whether a signature holds: EdDSA over Curve25519 with BLAKE2b, as Monocypher's crypto_eddsa_check (this is not
 * Ed25519, which hashes with SHA-512)..
 *
 *   signature   in: PICKET_SIGNATURE_BYTES
 *   public_key  in: PICKET_PUBLIC_KEY_BYTES
 *   message     in: message_bytes, any number
 *
 * Returns 1 if the holder of the key signed exactly this message, else 0.
 */
int picket_verify(const uint8_t *signature, const uint8_t *public_key, const uint8_t *message, size_t message_bytes);

#endif
