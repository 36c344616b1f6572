/*
 * The library from C: opens a phone's folder and asks where everything stands, which a new phone refuses with a code.
 *
 *     cc -D_Nonnull= -D_Nullable= -I BINDINGS look.c -L LIBRARY -lguanmo_ffi -o look && ./look FOLDER
 *
 * The header guanmoFFI.h is the one UniFFI writes for Swift. It is all a bridge to another language needs (an N-API module
 * for HarmonyOS, say): every call takes and gives numbers and byte buffers. Text as an argument is its bytes; in a buffer
 * it is a big-endian 32-bit length and its bytes; a method consumes the handle it is called with, so it is cloned first.
 */

#include <stdio.h>
#include <string.h>

#include "guanmoFFI.h"

static RustBuffer text(const char *words, RustCallStatus *status) {
    ForeignBytes bytes = {.len = (int32_t)strlen(words), .data = (const uint8_t *)words};
    return ffi_guanmo_ffi_rustbuffer_from_bytes(bytes, status);
}

static uint32_t big_endian(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

int main(int argc, char **argv) {
    if (argc != 2) {
        return 2;
    }
    RustCallStatus status = {0};
    RustBuffer folder = text(argv[1], &status);
    uint64_t phone = uniffi_guanmo_ffi_fn_constructor_phone_open(folder, &status);
    if (status.code != 0) {
        fprintf(stderr, "cannot open the phone\n");
        return 1;
    }
    uint64_t handle = uniffi_guanmo_ffi_fn_clone_phone(phone, &status);
    RustBuffer said = uniffi_guanmo_ffi_fn_method_phone_status(handle, &status);
    if (status.code != 1) {
        fprintf(stderr, "a phone that is not enrolled showed something\n");
        return 1;
    }
    /* Variant of the error, then the record in it, whose first field is the code. */
    said = status.errorBuf;
    uint32_t length = said.len < 8 ? 0 : big_endian(said.data + 4);
    if (said.len < 8 + (uint64_t)length || big_endian(said.data) != 1) {
        return 1;
    }
    printf("%u %.*s\n", ffi_guanmo_ffi_uniffi_contract_version(), (int)length, (const char *)said.data + 8);
    memset(&status, 0, sizeof status);
    ffi_guanmo_ffi_rustbuffer_free(said, &status);
    uniffi_guanmo_ffi_fn_free_phone(phone, &status);
    return status.code;
}
