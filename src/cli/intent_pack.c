/* A pack as a source of `ingle intent`. */
#include "cli/builtin_pack.h"
#include "cli/intent_source.h"

static ingle_status ask(void *self, const char *text, size_t len, size_t n_top,
                        struct intent_answer *out, ingle_error *err) {
    const ingle_pack *pack = self;
    ingle_class top[INTENT_MAX_TOP];
    ingle_classification c = {0};
    INGLE_TRY(ingle_classify(pack, text, len, top, n_top, &c, err));
    *out = (struct intent_answer){.is_none = c.is_none, .confidence = c.confidence, .n = c.n};
    for (size_t i = 0; i < c.n; i++) {
        out->top[i] =
            (struct intent_guess){ingle_pack_label(pack, top[i].label), top[i].confidence};
    }
    return INGLE_OK;
}

static void close_pack(void *self) {
    ingle_pack_close(self);
}

ingle_status intent_source_pack(struct intent_source *s, const char *path, ingle_error *err) {
    ingle_pack *pack;
    INGLE_TRY(builtin_pack_open(&pack, path, BUILTIN_INTENTS, err));
    *s = (struct intent_source){.self = pack, .ask = ask, .close = close_pack};
    ingle_pack_info info = ingle_pack_get_info(pack);
    if (info.kind == INGLE_PACK_CLASSIFIER) return INGLE_OK;
    return status_set(err, INGLE_UNSUPPORTED, 0,
                      "'%s' is no classifier; ingle learn intents makes "
                      "one.",
                      path ? path : "the built-in pack");
}
