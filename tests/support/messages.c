#include "support/messages.h"

#include "worker/wire/msg_generate.h"
#include "worker/wire/msg_start.h"

static const char *const words[] = {"one", "", "three"};
static const ingle_logit_bias biases[] = {{3, -1.5F}, {0, 2.0F}};

static const struct msg_start start = {.version = MESSAGE_VERSION,
                                       .n_shards = 2,
                                       .has_packed = true,
                                       .model_name = "/models/of/mine.gguf",
                                       .has_session = true,
                                       .tier = "avx2",
                                       .n_threads = 4,
                                       .n_ctx = 4096,
                                       .n_batch = 512,
                                       .session_threads = 2,
                                       .has_prefix_cache = true,
                                       .prefix_cache_bytes = (uint64_t)1 << 30,
                                       .packs = WORKER_INTENTS | WORKER_TAGGER,
                                       .user_pack = {"PACK\0bytes", 10},
                                       .user_pack_name = "mine.pack",
                                       .temperature = 0.7F,
                                       .seed = 42};

static const struct msg_started started = {.version = MESSAGE_VERSION,
                                           .is_sealed = true,
                                           .namespaces = 0x7e020000,
                                           .landlock_abi = 7,
                                           .n_calls = 52,
                                           .seal_ms = 3.5,
                                           .model = {.architecture = "llama",
                                                     .name = "Tiny",
                                                     .tier = "avx2",
                                                     .n_vocab = 320,
                                                     .n_embd = 64,
                                                     .n_layer = 3,
                                                     .n_head = 4,
                                                     .n_head_kv = 2,
                                                     .head_dim = 16,
                                                     .n_ff = 128,
                                                     .n_ctx_train = 512,
                                                     .n_params = 12345,
                                                     .file_size = 99999,
                                                     .packed_size = 88888,
                                                     .open_ms = 1.5,
                                                     .cache_file = "",
                                                     .cache_note = "no room"},
                                           .n_ctx = 4096,
                                           .n_threads = 2};

static const struct msg_generate generate = {
    .prompt = {"Once upon a time\0!", 18},
    .parse_special = true,
    .sampling = {.size = sizeof(ingle_sampling_options),
                 .temperature = 0.8F,
                 .top_k = 40,
                 .top_p = 0.9F,
                 .penalty_last_n = 64,
                 .dry_breakers = words,
                 .n_dry_breakers = 3,
                 .logit_bias = biases,
                 .n_logit_bias = 2},
    .constraint = {.kind = CONSTRAINT_REGEX, .text = {"[a-z]+", 6}},
    .max_tokens = 3,
    .stops = words,
    .n_stops = 1,
    .stop_loops = true,
    .n_logprobs = 2};

static const struct msg_generate chosen = {
    .prompt = {"", 0},
    .constraint = {.kind = CONSTRAINT_CHOICES, .choices = words, .n_choices = 3},
    .max_tokens = -1,
    .n_logprobs = -1};

static struct msg_token_choice top[] = {{7, -0.1F, {"a", 1}}, {300, -9.0F, {"", 0}}};
static const struct msg_token token = {.chosen = {7, -0.1F, {"\xc3", 1}}, .top = top, .n_top = 2};

static const struct msg_generated generated = {
    .began = true,
    .n_prompt = 5,
    .n_read = 5,
    .n_reused = 2,
    .prefill_ms = 12.25,
    .result = {
        .reason = INGLE_STOP_STRING, .n_tokens = 3, .first_ms = 1.0, .decode_ms = 2.0, .last = -1}};

static const struct msg_done done = {.error = {INGLE_INVALID, 4711, "The file 'x' is no model."},
                                     .peak_memory = (uint64_t)1 << 33,
                                     .result = {"result", 6}};

#define KIND(name, visit)                                                                          \
    { #name, visit, sizeof name, &name }

const struct message_kind message_kinds[] = {
    KIND(done, msg_done),          KIND(start, msg_start),     KIND(started, msg_started),
    KIND(generate, msg_generate),  KIND(chosen, msg_generate), KIND(token, msg_token),
    KIND(generated, msg_generated)};
const size_t n_message_kinds = BASE_COUNT(message_kinds);
