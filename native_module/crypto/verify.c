#include "verify.h"

#include "monocypher.h"

int picket_verify(const uint8_t *signature, const uint8_t *public_key, const uint8_t *message, size_t message_bytes) {
    return crypto_eddsa_check(signature, public_key, message, message_bytes) == 0;
}
