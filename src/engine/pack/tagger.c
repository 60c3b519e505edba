/* The tagger: opened here, used by include/ingle/pack.h. */
#include "engine/pack/tagger.h"

static ingle_status open_tagger(struct ingle_pack *p, ingle_error *err) {
    return status_set(err, INGLE_UNSUPPORTED, 0, "'%s' is a pack of a kind that is not known.",
                      gguf_path(p->file));
}

static void close_tagger(struct ingle_pack *p) {
    (void)p;
}

const struct pack_kind pack_tagger = {
    .id = INGLE_PACK_TAGGER,
    .name = "tagger",
    .version = 1,
    .has_labels = true,
    .open = open_tagger,
    .close = close_tagger,
};

ingle_status tagger_run(const struct ingle_pack *p, const char *text, size_t len,
                        ingle_span_fn on_span, void *user, ingle_error *err) {
    (void)text, (void)len, (void)on_span, (void)user;
    return status_set(err, INGLE_UNSUPPORTED, 0, "%s cannot be used yet.", p->name);
}
