/* Packs: include/ingle/pack.h over engine/pack. */
#include "engine/pack/pack.h"

#include "engine/api/api.h"
#include "engine/pack/classifier.h"
#include "engine/pack/encoder.h"
#include "engine/pack/tagger.h"

#define ALIGNMENT 32 /* of tensors in a GGUF file, which are read where they lie */

ingle_status ingle_pack_open(ingle_pack **out, const char *path, ingle_error *err) {
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    INGLE_TRY(api_need(path, "path", err));
    struct gguf *file;
    INGLE_TRY(gguf_open(&file, path, err));
    return pack_open(out, file, err);
}

ingle_status ingle_pack_open_memory(ingle_pack **out, const void *data, size_t size,
                                    const char *name, ingle_error *err) {
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    INGLE_TRY(api_need(data, "data", err));
    INGLE_TRY(api_need(name, "name", err));
    if ((uintptr_t)data % ALIGNMENT != 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "The data must be aligned to %d bytes.",
                          ALIGNMENT);
    }
    struct gguf *file;
    INGLE_TRY(gguf_open_memory(&file, data, size, name, err));
    return pack_open(out, file, err);
}

void ingle_pack_close(ingle_pack *pack) {
    pack_close(pack);
}

ingle_pack_info ingle_pack_get_info(const ingle_pack *pack) {
    if (!pack) return (ingle_pack_info){.name = "", .licence = "", .attribution = ""};
    return (ingle_pack_info){.kind = pack->kind->id,
                             .name = pack->name,
                             .licence = pack->licence,
                             .attribution = pack->attribution,
                             .n_labels = pack->n_labels,
                             .n_dims = pack->n_dims};
}

const char *ingle_pack_label(const ingle_pack *pack, size_t i) {
    return pack && i < pack->n_labels ? pack->labels[i] : NULL;
}

ingle_status ingle_classify(const ingle_pack *pack, const char *text, size_t len, ingle_class *top,
                            size_t n_top, ingle_classification *out, ingle_error *err) {
    INGLE_TRY(pack_expect(pack, &pack_classifier, err));
    if (len) INGLE_TRY(api_need(text, "text", err));
    if (n_top) INGLE_TRY(api_need(top, "top", err));
    INGLE_TRY(api_need(out, "out", err));
    return classifier_run(pack, text, len, top, n_top, out, err);
}

ingle_status ingle_tag(const ingle_pack *pack, const char *text, size_t len, ingle_span_fn on_span,
                       void *user, ingle_error *err) {
    INGLE_TRY(pack_expect(pack, &pack_tagger, err));
    if (len) INGLE_TRY(api_need(text, "text", err));
    INGLE_TRY(api_need((const void *)(uintptr_t)on_span, "on_span", err));
    return tagger_run(pack, text, len, on_span, user, err);
}

ingle_status ingle_encode(const ingle_pack *pack, const char *text, size_t len, float *vector,
                          ingle_error *err) {
    INGLE_TRY(pack_expect(pack, &pack_encoder, err));
    if (len) INGLE_TRY(api_need(text, "text", err));
    INGLE_TRY(api_need(vector, "vector", err));
    return encoder_run(pack, text, len, vector, err);
}
