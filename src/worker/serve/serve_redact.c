/* MSG_REDACT: where personal data is in a text, by rules and by the tagger. */
#include <string.h>

#include "base/alloc.h"
#include "guard/redact/redact_repeats.h"
#include "guard/redact/rules.h"
#include "worker/serve/serve_task.h"
#include "worker/wire/msg_redact.h"

/* Bytes that the tagger gets at once: between two pieces a wish to end is heard. A worker that
 * works on for long after it was told to end is killed, with all that it does for others. */
#define PIECE ((size_t)32 << 10)
#define RULES_PIECE ((size_t)256 << 10) /* the same for the rules */

struct redaction {
    struct request *request;
    struct msg_redact asked;
    const ingle_pack *pack;              /* NULL = rules alone */
    char (*labels)[MSG_REDACT_MAX_KIND]; /* of the pack, as placeholders name them */
    size_t n_labels;
    const char *kinds[MSG_REDACT_MAX_KINDS]; /* [n_kinds] all, none twice */
    size_t n_kinds;
    struct redact_spans rules, tagged, merged, all;
    size_t from;         /* where the piece begins that the tagger has */
    ingle_status status; /* of a callback */
    ingle_error *err;
};

/* ---- which kinds ---- */

/* A label as the name of a placeholder: capitals, digits and _. */
static void name_kind(char *out, const char *label) {
    size_t n = 0;
    for (; n < MSG_REDACT_MAX_KIND - 1 && label[n]; n++) {
        char c = label[n];
        if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        bool is_good = (c >= 'A' && c <= 'Z') || (n > 0 && c >= '0' && c <= '9');
        out[n] = is_good ? c : n > 0 ? '_' : 'X';
    }
    out[n] = '\0';
}

static size_t kind_number(const struct redaction *r, const char *kind) {
    size_t i = 0;
    while (i < r->n_kinds && strcmp(r->kinds[i], kind) != 0) i++;
    return i;
}

static bool add_kind(struct redaction *r, const char *kind) {
    if (kind_number(r, kind) < r->n_kinds) return true;
    if (r->n_kinds == MSG_REDACT_MAX_KINDS) return false;
    r->kinds[r->n_kinds++] = kind;
    return true;
}

/* The pack's kinds come first. */
static ingle_status name_kinds(struct redaction *r, ingle_error *err) {
    bool all = true;
    r->n_labels = r->pack ? ingle_pack_get_info(r->pack).n_labels : 0;
    r->labels = mem_calloc(r->n_labels ? r->n_labels : 1, sizeof *r->labels);
    if (!r->labels) return status_no_memory(err, "the kinds", r->n_labels * sizeof *r->labels);
    for (size_t i = 0; i < r->n_labels; i++) {
        name_kind(r->labels[i], ingle_pack_label(r->pack, i));
        if (!r->labels[i][0]) memcpy(r->labels[i], "X", 2);
        all = add_kind(r, r->labels[i]) && all;
    }
    for (size_t i = 0; redact_rule_kind(i); i++) all = add_kind(r, redact_rule_kind(i)) && all;
    if (all) return INGLE_OK;
    return status_set(err, INGLE_LIMIT, 0, "The tagger tells apart more than %d kinds.",
                      MSG_REDACT_MAX_KINDS);
}

static bool is_listed(const char *list, const char *kind) {
    for (size_t len; *list; list += len + (list[len] == ',')) {
        len = strcspn(list, ",");
        if (len == strlen(kind) && strncmp(list, kind, len) == 0) return true;
    }
    return false;
}

static ingle_status refuse_kind(const struct redaction *r, const char *kind, ingle_error *err) {
    struct buf known;
    buf_init(&known, 4096);
    for (size_t i = 0; i < r->n_kinds; i++) {
        buf_addf(&known, "%s%s", i > 0 ? ", " : "", r->kinds[i]);
    }
    ingle_status status = status_set(err, INGLE_BAD_ARGUMENT, 0, "There is no kind '%s': %s.", kind,
                                     known.data ? known.data : "");
    buf_clear(&known);
    return status;
}

static ingle_status check_kinds(const struct redaction *r, const char *list, ingle_error *err) {
    for (size_t len; list && *list; list += len + (list[len] == ',')) {
        char kind[64];
        len = strcspn(list, ",");
        size_t kept = len < sizeof kind - 1 ? len : sizeof kind - 1;
        memcpy(kind, list, kept);
        kind[kept] = '\0';
        if (kind_number(r, kind) == r->n_kinds) return refuse_kind(r, kind, err);
    }
    return INGLE_OK;
}

/* ---- finding ---- */

static bool on_tag(const ingle_span *span, void *user) {
    struct redaction *r = user;
    struct redact_span s = {r->from + span->from, r->from + span->to, r->labels[span->label],
                            span->confidence, REDACT_BY_MODEL};
    r->status = redact_spans_add(&r->tagged, &s, r->err);
    if (r->status == INGLE_OK) r->status = serve_check_cancel(r->request, r->err);
    return r->status == INGLE_OK;
}

/* How well the text can be cut before this byte. */
static int quality_of_cut(const char *at) {
    bool is_space = at[-1] == ' ' || at[-1] == '\n';
    if (!is_space) return ((unsigned char)at[0] & 0xc0) != 0x80;
    if (at[-1] == '\n') return at[-2] == '\n' ? 5 : 3;
    return at[-2] == '.' || at[-2] == '!' || at[-2] == '?' ? 4 : 2;
}

static size_t piece_size(const char *text, size_t len) {
    if (len <= PIECE) return len;
    size_t best = PIECE / 2;
    for (size_t i = PIECE; i > PIECE / 2; i--) {
        if (quality_of_cut(text + i) > quality_of_cut(text + best)) best = i;
    }
    return best;
}

static ingle_status tag(struct redaction *r, ingle_error *err) {
    const char *text = r->asked.text.data;
    size_t len = r->asked.text.len, n;
    for (r->from = 0; r->from < len; r->from += n) {
        n = piece_size(text + r->from, len - r->from);
        INGLE_TRY(serve_check_cancel(r->request, err));
        INGLE_TRY(ingle_tag(r->pack, text + r->from, n, on_tag, r, err));
        INGLE_TRY(r->status);
    }
    return INGLE_OK;
}

static ingle_status find(struct redaction *r, ingle_error *err) {
    const char *text = r->asked.text.data;
    size_t len = r->asked.text.len;
    r->err = err;
    for (size_t at = 0; at < len;) {
        size_t end = len - at < RULES_PIECE ? len : at + RULES_PIECE;
        INGLE_TRY(serve_check_cancel(r->request, err));
        INGLE_TRY(redact_rules_part(&r->rules, text, len, &at, end, err));
    }
    if (r->pack) INGLE_TRY(tag(r, err));
    INGLE_TRY(redact_spans_merge(&r->merged, text, len, &r->rules, &r->tagged, err));
    return redact_repeats(&r->all, text, len, &r->merged, err);
}

/* ---- telling ---- */

static bool is_wanted(const struct redaction *r, const char *kind) {
    if (r->asked.only && !is_listed(r->asked.only, kind)) return false;
    return !r->asked.keep || !is_listed(r->asked.keep, kind);
}

static ingle_status tell(struct redaction *r, ingle_error *err) {
    struct msg_span spans[MSG_SPANS_MAX];
    struct msg_spans m = {.kinds = r->kinds, .n_kinds = r->n_kinds, .spans = spans};
    for (size_t i = 0; i < r->all.n; i++) {
        const struct redact_span *s = &r->all.items[i];
        if (is_wanted(r, s->kind)) {
            spans[m.n_spans++] = (struct msg_span){s->from, s->to, kind_number(r, s->kind),
                                                   s->confidence, (int)s->by};
        }
        bool is_last = i + 1 == r->all.n;
        if (m.n_spans < (is_last ? 1 : MSG_SPANS_MAX)) continue;
        if (!serve_say(r->request, MSG_SPANS, msg_spans, &m)) break;
        m.n_spans = 0;
    }
    return serve_check_cancel(r->request, err);
}

static ingle_status redact(struct redaction *r, ingle_error *err) {
    INGLE_TRY(name_kinds(r, err));
    INGLE_TRY(check_kinds(r, r->asked.only, err));
    INGLE_TRY(check_kinds(r, r->asked.keep, err));
    INGLE_TRY(find(r, err));
    return tell(r, err);
}

ingle_status serve_redact(struct request *request, ingle_error *err) {
    struct redaction r = {.request = request, .pack = request->server->tagger};
    INGLE_TRY(serve_task(request, &r.asked, sizeof r.asked, msg_redact, err));
    ingle_status status = redact(&r, err);
    redact_spans_clear(&r.rules);
    redact_spans_clear(&r.tagged);
    redact_spans_clear(&r.merged);
    redact_spans_clear(&r.all);
    mem_free(r.labels);
    return status;
}
