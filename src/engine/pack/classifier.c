/* The classifier: opened here, used by include/ingle/pack.h. */
#include "engine/pack/classifier.h"

static ingle_status open_classifier(struct ingle_pack *p, ingle_error *err) {
    return status_set(err, INGLE_UNSUPPORTED, 0, "'%s' is a pack of a kind that is not known.",
                      gguf_path(p->file));
}

static void close_classifier(struct ingle_pack *p) {
    (void)p;
}

const struct pack_kind pack_classifier = {
    .id = INGLE_PACK_CLASSIFIER,
    .name = "classifier",
    .version = 1,
    .has_labels = true,
    .open = open_classifier,
    .close = close_classifier,
};

ingle_status classifier_run(const struct ingle_pack *p, const char *text, size_t len,
                            ingle_class *top, size_t n_top, ingle_classification *out,
                            ingle_error *err) {
    (void)text, (void)len, (void)top, (void)n_top, (void)out;
    return status_set(err, INGLE_UNSUPPORTED, 0, "%s cannot be used yet.", p->name);
}
