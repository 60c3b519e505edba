/* The encoder: opened here, used by include/ingle/pack.h. */
#include "engine/pack/encoder.h"

static ingle_status open_encoder(struct ingle_pack *p, ingle_error *err) {
    return status_set(err, INGLE_UNSUPPORTED, 0, "'%s' is a pack of a kind that is not known.",
                      gguf_path(p->file));
}

static void close_encoder(struct ingle_pack *p) {
    (void)p;
}

const struct pack_kind pack_encoder = {
    .id = INGLE_PACK_ENCODER,
    .name = "encoder",
    .version = 1,
    .has_labels = false,
    .open = open_encoder,
    .close = close_encoder,
};

ingle_status encoder_run(const struct ingle_pack *p, const char *text, size_t len, float *vector,
                         ingle_error *err) {
    (void)text, (void)len, (void)vector;
    return status_set(err, INGLE_UNSUPPORTED, 0, "%s cannot be used yet.", p->name);
}
