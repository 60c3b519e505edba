#include "ingle/sampling.h"

#include "base/alloc.h"
#include "engine/api/api.h"

ingle_sampling_options ingle_sampling_options_default(void) {
    return sampler_default_options();
}

static const char *token_bytes(const void *ctx, int32_t id, size_t *len) {
    const char *bytes = ingle_token_bytes(ctx, id, false, len);
    return bytes ? bytes : ""; /* a row of the weights that no token has */
}

ingle_status ingle_sampler_new(ingle_sampler **out, const ingle_model *model,
                               const ingle_sampling_options *opt, ingle_error *err) {
    static const size_t known[] = {sizeof(ingle_sampling_options)};
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    INGLE_TRY(api_need(model, "model", err));
    ingle_sampling_options full = sampler_default_options();
    INGLE_TRY(
        api_read_options(&full, opt, "ingle_sampling_options", known, BASE_COUNT(known), err));
    struct ingle_sampler *s = mem_calloc(1, sizeof *s);
    if (!s) return status_no_memory(err, "the sampler", sizeof *s);
    struct kern_ops ops;
    kern_ops_init(&ops, model->tier);
    struct sampler_vocab vocab = {
        .n_vocab = api_n_vocab(model), .bytes = token_bytes, .ctx = model, .peaks = ops.peaks};
    ingle_status status = sampler_init(&s->core, &vocab, &full, err);
    if (status != INGLE_OK) {
        mem_free(s);
        return status;
    }
    *out = s;
    return INGLE_OK;
}

void ingle_sampler_free(ingle_sampler *sampler) {
    if (!sampler) return;
    sampler_clear(&sampler->core);
    mem_free(sampler);
}

ingle_token ingle_sampler_sample(ingle_sampler *sampler, const float *logits) {
    return sampler && logits ? sampler_sample(&sampler->core, logits) : INGLE_TOKEN_NONE;
}

void ingle_sampler_accept(ingle_sampler *sampler, ingle_token token) {
    if (sampler) sampler_accept(&sampler->core, token);
}
