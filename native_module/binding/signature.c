/* verify(signature, public_key, message) -> bool: see crypto/verify.h */

#include "binding.h"

#include "../crypto/verify.h"

static mp_obj_t verify(mp_obj_t signature_in, mp_obj_t public_key_in, mp_obj_t message_in) {
    size_t signature_bytes, key_bytes, message_bytes;
    const uint8_t *signature = picket_items(signature_in, "signature", 0, &signature_bytes);
    const uint8_t *public_key = picket_items(public_key_in, "public_key", 0, &key_bytes);
    const uint8_t *message = picket_items(message_in, "message", 0, &message_bytes);
    picket_need_exactly("signature", PICKET_SIGNATURE_BYTES, signature_bytes);
    picket_need_exactly("public_key", PICKET_PUBLIC_KEY_BYTES, key_bytes);
    return mp_obj_new_bool(picket_verify(signature, public_key, message, message_bytes));
}
MP_DEFINE_CONST_FUN_OBJ_3(picket_verify_obj, verify);
