/* Reading the values of metadata, whatever numeric type a file stores them in. */
#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "engine/format/gguf.h"

/* A number of any type as the two widest ones. */
struct number {
    bool is_float;
    bool is_unsigned; /* u holds it */
    uint64_t u;
    int64_t i;
    double f;
};

#define READ(type, at) (memcpy(&(type), kv->data + (at) * sizeof(type), sizeof(type)))

static bool read_number(const struct gguf_kv *kv, uint64_t at, struct number *out) {
    uint8_t u8;
    uint16_t u16;
    int16_t i16;
    uint32_t u32;
    int32_t i32;
    float f32;
    *out = (struct number){0};
    if (at >= kv->count) return false;
    switch (kv->type) {
    case GGUF_BOOL:
        READ(u8, at);
        out->i = u8 != 0;
        return true;
    case GGUF_U8:
        READ(u8, at);
        out->i = u8;
        return true;
    case GGUF_I8:
        READ(u8, at);
        out->i = (u8 ^ 0x80) - 0x80;
        return true;
    case GGUF_U16:
        READ(u16, at);
        out->i = u16;
        return true;
    case GGUF_I16:
        READ(i16, at);
        out->i = i16;
        return true;
    case GGUF_U32:
        READ(u32, at);
        out->i = u32;
        return true;
    case GGUF_I32:
        READ(i32, at);
        out->i = i32;
        return true;
    case GGUF_U64:
        READ(out->u, at);
        out->is_unsigned = true;
        return true;
    case GGUF_I64:
        READ(out->i, at);
        return true;
    case GGUF_F32:
        READ(f32, at);
        out->f = (double)f32;
        out->is_float = true;
        return true;
    case GGUF_F64:
        READ(out->f, at);
        out->is_float = true;
        return true;
    case GGUF_STRING:
    case GGUF_ARRAY:
    case GGUF_N_VALUE_TYPES:
        break;
    }
    return false;
}

bool gguf_get_int(const struct gguf_kv *kv, uint64_t i, int64_t *out) {
    struct number n;
    if (!read_number(kv, i, &n)) return false;
    if (n.is_unsigned) {
        if (n.u > INT64_MAX) return false;
        n.i = (int64_t)n.u;
    }
    if (n.is_float) {
        /* 2^63 is exact in double; what is below it in magnitude and whole converts exactly. */
        if (!(fabs(n.f) < 0x1p63) || n.f != trunc(n.f)) return false;
        n.i = (int64_t)n.f;
    }
    *out = n.i;
    return true;
}

bool gguf_get_uint(const struct gguf_kv *kv, uint64_t i, uint64_t *out) {
    struct number n;
    int64_t value;
    if (read_number(kv, i, &n) && n.is_unsigned) {
        *out = n.u;
        return true;
    }
    if (!gguf_get_int(kv, i, &value) || value < 0) return false;
    *out = (uint64_t)value;
    return true;
}

bool gguf_get_float(const struct gguf_kv *kv, uint64_t i, double *out) {
    struct number n;
    if (!read_number(kv, i, &n)) return false;
    *out = n.is_float ? n.f : n.is_unsigned ? (double)n.u : (double)n.i;
    return true;
}

bool gguf_next_str(const struct gguf_kv *kv, size_t *cursor, struct gguf_str *out) {
    struct bytes in = {.data = kv->data, .size = kv->size, .pos = *cursor};
    uint64_t len;
    const uint8_t *data;
    if (kv->type != GGUF_STRING || !bytes_u64(&in, &len) || len > bytes_left(&in) ||
        !bytes_take(&in, (size_t)len, &data)) {
        return false;
    }
    *out = (struct gguf_str){.data = (const char *)data, .len = (size_t)len};
    *cursor = in.pos;
    return true;
}

bool gguf_get_str(const struct gguf_kv *kv, struct gguf_str *out) {
    size_t cursor = 0;
    return !kv->is_array && gguf_next_str(kv, &cursor, out);
}
