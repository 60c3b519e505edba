/* MSG_JUDGE: whether texts can be generated under a constraint. */
#include <stdio.h>
#include <string.h>

#include "base/json_tree.h"
#include "worker/serve/make.h"
#include "worker/serve/serve.h"
#include "worker/wire/msg_judge.h"

#define MAX_LINE ((size_t)256 << 20) /* memory of a line's text */
#define VERDICTS_AT_ONCE 4096

struct judgement {
    struct request *request;
    struct msg_judge asked;
    struct msg_judged told;
    ingle_constraint *constraint; /* NULL: it is not supported */
    uint8_t verdicts[VERDICTS_AT_ONCE];
    size_t n;
    bool is_wanted;
};

static void flush(struct judgement *j) {
    if (j->n > 0 && !serve_say_bytes(j->request, MSG_VERDICTS, j->verdicts, j->n)) {
        j->is_wanted = false;
    }
    j->n = 0;
}

static ingle_status judge(struct judgement *j, const char *text, size_t len, ingle_error *err) {
    bool accepts = false;
    enum verdict verdict = VERDICT_NONE;
    if (j->constraint) {
        INGLE_TRY(ingle_constraint_accepts(j->constraint, text, len, &accepts, err));
        verdict = accepts ? VERDICT_YES : VERDICT_NO;
    }
    j->verdicts[j->n++] = (uint8_t)verdict;
    if (j->n == VERDICTS_AT_ONCE) flush(j);
    return INGLE_OK;
}

static ingle_status judge_line(struct judgement *j, const char *line, size_t len, size_t number,
                               ingle_error *err) {
    struct arena arena;
    const struct json_value *value;
    char what[48];
    snprintf(what, sizeof what, "Text %zu", number);
    arena_init_secret(&arena, MAX_LINE);
    ingle_status status = json_tree_parse(&value, &arena, line, len, what, err);
    if (status == INGLE_OK && value->kind != JSON_STRING) {
        status = status_set(err, INGLE_INVALID, 0, "%s is no JSON string.", what);
    }
    if (status == INGLE_OK) status = judge(j, value->text.data, value->text.len, err);
    arena_clear(&arena);
    return status;
}

static ingle_status judge_lines(struct judgement *j, ingle_error *err) {
    const struct wire_text *text = &j->asked.text;
    size_t number = 0;
    for (size_t at = 0; j->is_wanted && at < text->len;) {
        const char *line = text->data + at, *end = memchr(line, '\n', text->len - at);
        size_t len = end ? (size_t)(end - line) : text->len - at;
        INGLE_TRY(judge_line(j, line, len, ++number, err));
        at += len + 1;
    }
    return serve_check_cancel(j->request, err);
}

/* For many texts, that there is none is a verdict on each. */
static ingle_status make(struct judgement *j, ingle_error *why, ingle_error *err) {
    ingle_status status =
        make_constraint(&j->constraint, &j->asked.constraint, j->request->server->model, why);
    if (status == INGLE_OK) return INGLE_OK;
    if (status == INGLE_REFUSED && j->asked.lines) {
        j->told.refusal = why->msg;
        return INGLE_OK;
    }
    *err = *why;
    return status;
}

ingle_status serve_judge(struct request *r, ingle_error *err) {
    struct judgement j = {.request = r, .is_wanted = true};
    ingle_error why;
    INGLE_TRY(serve_read(r, &j.asked, sizeof j.asked, msg_judge, err));
    INGLE_TRY(make(&j, &why, err));
    ingle_status status =
        j.asked.lines ? judge_lines(&j, err) : judge(&j, j.asked.text.data, j.asked.text.len, err);
    flush(&j); /* also of those before one that is no text */
    status = serve_end(r, status, msg_judged, &j.told, err);
    ingle_constraint_free(j.constraint);
    return status;
}
