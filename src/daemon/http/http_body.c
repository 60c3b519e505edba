#include "daemon/http/http_body.h"

#include "base/ascii.h"

enum { SIZE, SIZE_LF, DATA, DATA_CR, DATA_LF, END_CR, END_LF };

#define DIGITS_MAX 8

static enum http_chunks_result refuse(struct http_refusal *why, int status, const char *message) {
    *why = (struct http_refusal){status, message};
    return HTTP_CHUNKS_BAD;
}

static enum http_chunks_result take_size(struct http_chunks *c, char byte,
                                         struct http_refusal *why) {
    int digit = ascii_hex_value(byte);
    if (digit >= 0 && c->n_digits < DIGITS_MAX) {
        c->n_digits++;
        c->left = c->left * 16 + (size_t)digit;
        return HTTP_CHUNKS_MORE;
    }
    if (byte != '\r' || c->n_digits == 0) {
        return refuse(why, 400, "The size of a chunk is no number of up to eight digits.");
    }
    c->state = SIZE_LF;
    return HTTP_CHUNKS_MORE;
}

/* Everything but the data: one byte. */
static enum http_chunks_result take_byte(struct http_chunks *c, char byte,
                                         struct http_refusal *why) {
    switch (c->state) {
    case SIZE:
        return take_size(c, byte, why);
    case SIZE_LF:
        if (byte != '\n') return refuse(why, 400, "The size of a chunk does not end its line.");
        c->state = c->left ? DATA : END_CR;
        c->n_digits = 0;
        return HTTP_CHUNKS_MORE;
    case DATA_CR:
    case DATA_LF:
        if (byte != (c->state == DATA_CR ? '\r' : '\n')) {
            return refuse(why, 400, "A chunk is longer than it says.");
        }
        c->state = c->state == DATA_CR ? DATA_LF : SIZE;
        return HTTP_CHUNKS_MORE;
    case END_CR:
        if (byte != '\r') return refuse(why, 400, "Trailers are not taken.");
        c->state = END_LF;
        return HTTP_CHUNKS_MORE;
    default:
        return byte == '\n' ? HTTP_CHUNKS_DONE : refuse(why, 400, "The last chunk does not end.");
    }
}

enum http_chunks_result http_chunks_take(struct http_chunks *c, const char *data, size_t size,
                                         size_t *used, struct buf *out, struct http_refusal *why) {
    enum http_chunks_result result = HTTP_CHUNKS_MORE;
    *used = 0;
    while (*used < size && result == HTTP_CHUNKS_MORE) {
        if (c->state != DATA) {
            result = take_byte(c, data[(*used)++], why);
            if (c->state == DATA && c->left > out->max - out->size) {
                return refuse(why, 413, "The body is larger than is taken.");
            }
            continue;
        }
        size_t n = size - *used < c->left ? size - *used : c->left;
        if (!buf_add(out, data + *used, n)) {
            return refuse(why, 503, "There is not enough memory for the body.");
        }
        *used += n;
        c->left -= n;
        if (c->left == 0) c->state = DATA_CR;
    }
    return result;
}
