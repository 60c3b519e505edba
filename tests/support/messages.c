#include "support/messages.h"

#include "worker/wire/msg_chat.h"
#include "worker/wire/msg_complete.h"
#include "worker/wire/msg_digest.h"
#include "worker/wire/msg_document.h"
#include "worker/wire/msg_draft.h"
#include "worker/wire/msg_embed.h"
#include "worker/wire/msg_fill.h"
#include "worker/wire/msg_generate.h"
#include "worker/wire/msg_intent.h"
#include "worker/wire/msg_judge.h"
#include "worker/wire/msg_logits.h"
#include "worker/wire/msg_redact.h"
#include "worker/wire/msg_remember.h"
#include "worker/wire/msg_rewrite.h"
#include "worker/wire/msg_start.h"
#include "worker/wire/msg_status.h"
#include "worker/wire/msg_summarize.h"
#include "worker/wire/msg_template.h"
#include "worker/wire/msg_tokens.h"

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
                                           .n_threads = 2,
                                           .fills_middle = true,
                                           .packs = WORKER_ENCODER};

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
static const struct msg_token token = {
    .chosen = {7, -0.1F, {"\xc3", 1}}, .top = top, .n_top = 2, .is_shown = true};

static const struct msg_generated generated = {.began = true,
                                               .n_prompt = 5,
                                               .n_read = 5,
                                               .n_reused = 2,
                                               .prefill_ms = 12.25,
                                               .result = {.reason = INGLE_STOP_STRING,
                                                          .n_tokens = 3,
                                                          .first_ms = 1.0,
                                                          .decode_ms = 2.0,
                                                          .last = -1,
                                                          .stop = -1}};

static const struct msg_done done = {.error = {INGLE_INVALID, 4711, "The file 'x' is no model."},
                                     .peak_memory = (uint64_t)1 << 33,
                                     .result = {"result", 6}};

/* ---- everyday tasks ---- */

static const ingle_progress progress = {.step = "part 3 of 7", .done = 2, .total = 7};

static const struct msg_document document = {
    .bytes = {"<p>One\0two", 10}, .name = "a.html", .is_pages = true};
static const struct msg_document_read document_read = {
    .kind_name = "html", .title = "A title", .notes = "One note.\nTwo."};

static const struct msg_summarize summarize = {.text = {"One. Two.", 9},
                                               .title = "A title",
                                               .style = INGLE_SUMMARY_TLDR,
                                               .length = INGLE_SUMMARY_LONG,
                                               .extractive = true};
static const ingle_summary_result summarized = {.n_parts = 4,
                                                .n_second_tries = 3,
                                                .n_replaced = 2,
                                                .n_cut = 1,
                                                .n_silent = 1,
                                                .was_replaced = true,
                                                .unfounded = "17 May"};

static const struct msg_rewrite rewrite = {.text = {"teh text", 8},
                                           .manner = INGLE_REWRITE_FREE,
                                           .instruction = "as a pirate",
                                           .max_changed = 0.4F};
static const ingle_rewrite_block block = {
    .from = 4, .to = 8, .line = 2, .text = "text", .len = 4, .kept_because = "It lost a number."};
static const ingle_rewrite_result rewritten = {
    .n_blocks = 9, .n_changed = 5, .n_kept = 4, .n_retried = 6};

static const struct msg_draft draft = {.kind = INGLE_DRAFT_REPLY,
                                       .to = "Ana",
                                       .about = "lunch",
                                       .context = {"Lunch?", 6},
                                       .max_tokens = 600};
static const ingle_draft_placeholder placeholders[] = {{"[date]", "Monday"}, {"[your name]", ""}};
static const ingle_draft drafted = {.subject = "Lunch",
                                    .body = "On [date].\n[your name]",
                                    .placeholders = placeholders,
                                    .n_placeholders = 2,
                                    .was_cut = true};

static const ingle_complete_file others[] = {{"b.h", "int b;\n", 7, true}, {"c.h", "", 0, false}};
static const struct msg_complete complete = {.file = {"a.c", "int a", 5, false},
                                             .at = 5,
                                             .extent = INGLE_COMPLETE_LINE,
                                             .max_tokens = 128,
                                             .repository = "project",
                                             .others = others,
                                             .n_others = 2};
static const ingle_complete_result completed = {.reason = INGLE_COMPLETE_LOOP,
                                                .fills_middle = true,
                                                .n_tokens = 7,
                                                .n_prompt = 99,
                                                .n_reused = 90,
                                                .n_budget = 2048,
                                                .n_prefix = 60,
                                                .n_suffix = 20,
                                                .first_line = 1,
                                                .last_line = 40,
                                                .n_pieces = 2,
                                                .pieces = {{0, 1, 9, 30}, {1, 12, 3, 14}},
                                                .prompt_ms = 10.5,
                                                .ms = 20.25};

static const char *const examples[] = {"will it rain", "is it hot"};
static const ingle_label labels[] = {{"weather", "what it is like", examples, 2},
                                     {.name = "music"}};
static const struct msg_intent intent = {
    .text = {"is it cold", 10}, .labels = labels, .n_labels = 2, .n_top = 3};
static const struct msg_intent intent_again = {.text = {"", 0}, .same_labels = true, .n_top = 1};
static struct msg_intent_guess guesses[] = {{"weather", 0.75F}, {"music", 0.25F}};
static const struct msg_intended intended = {
    .is_none = true, .confidence = 0.5F, .top = guesses, .n_top = 2};

static const char *const apps[] = {"Signal", "Mail"};
static const ingle_notification items[] = {
    {.app = "Signal", .title = "Ana", .body = "Hi", .time_s = -5},
    {.title = "Alarm", .id = "7", .replaces = "6", .urgency = INGLE_URGENCY_CRITICAL}};
static const struct msg_digest digest_items = {
    .items = items, .n_items = 2, .now_s = 1790000000, .max_groups = 20};
static const struct msg_digest digest_lines = {
    .has_lines = true, .lines = {"{}\n", 3}, .lines_name = "list", .apps = apps, .n_apps = 2};
static const struct msg_found found = {
    .n = 3, .n_others = 2, .n_bad = 1, .first_bad = {INGLE_INVALID, 2, "Line 2 of list is none."}};
static const ingle_digest_group group = {.section = INGLE_DIGEST_REST,
                                         .urgency = INGLE_URGENCY_CRITICAL,
                                         .app = "Signal",
                                         .conversation = "Ana",
                                         .text = "Hi",
                                         .when = "2 min ago",
                                         .n = 2,
                                         .n_merged = 1,
                                         .first_s = -5,
                                         .last_s = 1790000000,
                                         .is_generated = true};
static const ingle_digest_result digested = {
    .n = 9, .n_groups = 5, .n_left = 3, .n_left_apps = 2, .n_secrets = 1, .n_refused = 1};

static const struct msg_redact redact = {
    .text = {"Ana, ana@example.org", 20}, .only = "PERSON", .keep = "URL"};
static const char *const kinds[] = {"PERSON", "EMAIL_ADDRESS"};
static struct msg_span span_items[] = {{0, 3, 0, 0.9F, 0}, {5, 20, 1, 1.0F, 1}};
static const struct msg_spans spans = {
    .kinds = kinds, .n_kinds = 2, .spans = span_items, .n_spans = 2};

/* ---- conversations ---- */

#define HELLO "[{\"role\": \"user\", \"content\": \"Hello\"}]"

static const struct msg_chat chat = {
    .conversation = {.messages = {HELLO, sizeof HELLO - 1},
                     .template_text = "{{ messages[0].content }}",
                     .tools = "[]",
                     .variables = "{}",
                     .tool_choice = INGLE_TOOLS_NAMED,
                     .tool_name = "pick",
                     .one_call = true,
                     .think = INGLE_THINK_OFF,
                     .think_budget = -1,
                     .now = 1790000000,
                     .id_seed = 3},
    .sampling = {.size = sizeof(ingle_sampling_options), .temperature = 0.8F, .top_k = 40},
    .constraint = {.kind = CONSTRAINT_SCHEMA, .text = {"{}", 2}},
    .max_tokens = -1,
    .stops = words,
    .n_stops = 3,
    .stop_loops = true,
    .drop_partial = true,
    .n_logprobs = INGLE_TOP_MAX};
static const struct msg_chat_count chat_count = {
    .conversation = {.messages = {"[]", 2}, .free_tools = true, .think_budget = 7},
    .wants_count = true,
    .wants_messages = true};
static const struct msg_prompt prompt = {.n_prompt = 40, .n_reused = 31};
static const ingle_chat_event event = {
    .kind = INGLE_CHAT_ARGUMENTS, .text = "{\"a\"", .len = 4, .call = 1, .id = "call_1"};
static const struct msg_message message = {
    .role = "assistant", .text = {"Yes", 3}, .json = {"{}", 2}};
static const struct msg_chatted chatted = {.result = {.reason = INGLE_STOP_TOOL,
                                                      .has_message = true,
                                                      .n_calls = 2,
                                                      .n_prompt = 30,
                                                      .n_reused = 20,
                                                      .n_thinking = 4,
                                                      .n_answer = 9,
                                                      .budget_used_up = true,
                                                      .prompt_ms = 1.5,
                                                      .first_ms = 2.5,
                                                      .decode_ms = 30,
                                                      .stop = 1},
                                           .info = {.template_from = "the model",
                                                    .tool_format = "tagged",
                                                    .can_think = true,
                                                    .has_system = true}};
static const struct msg_chat_counted chat_counted = {
    .n_tokens = 12, .n_messages = 3, .info = {.template_from = "chatml", .thinks = true}};

static const struct msg_restore restore = {.is_first = true, .bytes = {"snap\0shot", 9}};
static const struct msg_remembered remembered = {.is_new = true};

static const struct msg_tokenize tokenize = {
    .text = {"a text\0", 7}, .parse_special = true, .wants_bytes = true};
static const struct msg_tokens_item token_items[] = {
    {7, {"a", 1}}, {0, {"", 0}}, {300, {"\xc3", 1}}};
static const struct msg_tokens tokens = {.items = token_items, .n = 3};
static const ingle_token ids[] = {1, 0, 2147483647};
static const struct msg_detokenize detokenize = {.ids = ids, .n = 3};

static const struct msg_template template = {.source = "{{ x }}",
                                             .source_name = "mine.jinja",
                                             .messages = HELLO,
                                             .vars = "{}",
                                             .now = "2026-01-31T12:00:00",
                                             .no_generation_prompt = true};
static const ingle_rendering_span rendering_spans[] = {{0, 5, false}, {5, 1, true}};
static const struct msg_rendered rendered = {.spans = rendering_spans, .n_spans = 2};
static const ingle_token row[] = {1, 403, 2501};
static const struct msg_logits logits = {.ids = row, .n = 3, .all = true, .top = 5};
static const struct msg_top_item likeliest[] = {{7, 1.5F, -0.25, {"a", 1}},
                                                {0, -1.5F, -3.25, {"\xff\0", 2}}};
static const struct msg_top row_top = {
    .position = 2, .is_last = true, .items = likeliest, .n = BASE_COUNT(likeliest)};

static const struct msg_generate warm = {
    .prompt = {"", 0}, .ids = row, .n_ids = 3, .warm = true, .n_logprobs = -1, .max_ms = 2000};
static const struct msg_fill fill = {.rest = {.prompt = {"int ", 4}, .max_tokens = 64},
                                     .prefix = {"a\nb\n", 4},
                                     .suffix = {"\nc", 2},
                                     .name = "a.c",
                                     .repository = "project",
                                     .files = others,
                                     .n_files = 2};
static const struct msg_filled filled = {
    .made = {.began = true, .n_prompt = 5, .result = {.stop = 2, .is_late = true}},
    .n_dropped = 700,
    .n_files = 1};
static const struct msg_embed_input inputs[] = {{.text = {"word", 4}},
                                                {.text = {"", 0}, .ids = row, .n_ids = 2}};
static const struct msg_embed embed = {.inputs = inputs, .n = BASE_COUNT(inputs), .cuts = true};
static const struct msg_vector vector = {
    .n_tokens = 3, .was_cut = true, .values = {"\0\0\200\77\0\0\0\0", 8}};
static const struct msg_embedded embedded = {.n_vectors = 2, .n_tokens = 9, .ms = 1.5};
static const struct msg_status status = {.n_slots = 6,
                                         .n_busy = 2,
                                         .n_waiting = 1,
                                         .n_clients = 3,
                                         .n_requests = 100,
                                         .n_prompt = 5000,
                                         .n_reused = 4000,
                                         .n_generated = 3000,
                                         .prompt_ms = 1.5,
                                         .generate_ms = 2.5,
                                         .n_passes = 2000,
                                         .n_parts = 6000,
                                         .n_held = 900,
                                         .cache_bytes = 1 << 20,
                                         .cache_max_bytes = 1 << 21,
                                         .cache_tokens = 800,
                                         .n_cache_prompts = 7,
                                         .n_cache_hits = 6,
                                         .n_cache_reused = 500,
                                         .peak_memory = (uint64_t)1 << 33};

static const struct msg_judge judge = {.constraint = {.kind = CONSTRAINT_SCHEMA, .text = {"{}", 2}},
                                       .lines = true,
                                       .text = {"\"a\"\n\"b\"", 7}};
static const struct msg_judged judged = {.refusal = "Not supported."};

#define KIND(name, visit)                                                                          \
    { #name, visit, sizeof name, &name }

const struct message_kind message_kinds[] = {KIND(done, msg_done),
                                             KIND(start, msg_start),
                                             KIND(started, msg_started),
                                             KIND(generate, msg_generate),
                                             KIND(chosen, msg_generate),
                                             KIND(token, msg_token),
                                             KIND(generated, msg_generated),
                                             KIND(progress, msg_progress),
                                             KIND(document, msg_document),
                                             KIND(document_read, msg_document_read),
                                             KIND(summarize, msg_summarize),
                                             KIND(summarized, msg_summarized),
                                             KIND(rewrite, msg_rewrite),
                                             KIND(block, msg_block),
                                             KIND(rewritten, msg_rewritten),
                                             KIND(draft, msg_draft),
                                             KIND(drafted, msg_drafted),
                                             KIND(complete, msg_complete),
                                             KIND(completed, msg_completed),
                                             KIND(intent, msg_intent),
                                             KIND(intent_again, msg_intent),
                                             KIND(intended, msg_intended),
                                             KIND(digest_items, msg_digest),
                                             KIND(digest_lines, msg_digest),
                                             KIND(found, msg_found),
                                             KIND(group, msg_group),
                                             KIND(digested, msg_digested),
                                             KIND(redact, msg_redact),
                                             KIND(spans, msg_spans),
                                             KIND(chat, msg_chat),
                                             KIND(chat_count, msg_chat_count),
                                             KIND(event, msg_event),
                                             KIND(prompt, msg_prompt),
                                             KIND(message, msg_message),
                                             KIND(chatted, msg_chatted),
                                             KIND(chat_counted, msg_chat_counted),
                                             KIND(restore, msg_restore),
                                             KIND(remembered, msg_remembered),
                                             KIND(tokenize, msg_tokenize),
                                             KIND(tokens, msg_tokens),
                                             KIND(detokenize, msg_detokenize),
                                             KIND(template, msg_template),
                                             KIND(rendered, msg_rendered),
                                             KIND(logits, msg_logits),
                                             KIND(row_top, msg_top),
                                             KIND(judge, msg_judge),
                                             KIND(judged, msg_judged),
                                             KIND(warm, msg_generate),
                                             KIND(embed, msg_embed),
                                             KIND(vector, msg_vector),
                                             KIND(embedded, msg_embedded),
                                             KIND(fill, msg_fill),
                                             KIND(filled, msg_filled),
                                             KIND(status, msg_status)};
const size_t n_message_kinds = BASE_COUNT(message_kinds);
