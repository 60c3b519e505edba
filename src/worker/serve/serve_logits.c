/* MSG_LOGITS: rows of logits, whole or the likeliest of each. */
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "worker/serve/make.h"
#include "worker/serve/serve.h"
#include "worker/wire/msg_logits.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the rows are sent as they lie in memory, which must be little-endian"
#endif

/* Rows computed at once, so that memory does not grow with the text. */
#define ROWS_AT_ONCE 32

struct rows {
    struct request *request;
    struct msg_logits asked;
    size_t n_vocab;
    ingle_token *order; /* [n_vocab] scratch of the likeliest */
    const float *row;   /* being sorted */
};

static int by_logit(const void *a, const void *b, void *user) {
    const float *logits = ((const struct rows *)user)->row;
    ingle_token x = *(const ingle_token *)a, y = *(const ingle_token *)b;
    float p = logits[x], q = logits[y];
    if (p > q || (isnan(q) && !isnan(p))) return -1;
    if (p < q || (isnan(p) && !isnan(q))) return 1;
    return x < y ? -1 : x > y;
}

/* Sorts the row; returns the logarithm of what its values sum up to, next to the greatest. */
static double sort_row(struct rows *rows, const float *row, float *greatest) {
    double total = 0;
    *greatest = -INFINITY;
    rows->row = row;
    for (size_t i = 0; i < rows->n_vocab; i++) {
        rows->order[i] = (ingle_token)i;
        if (row[i] > *greatest) *greatest = row[i];
    }
    for (size_t i = 0; i < rows->n_vocab; i++) total += exp((double)(row[i] - *greatest));
    qsort_r(rows->order, rows->n_vocab, sizeof *rows->order, by_logit, rows);
    return log(total);
}

static bool say_top(struct rows *rows, size_t position, const float *row) {
    struct msg_top_item items[MSG_TOP_MAX];
    float greatest;
    double log_total = sort_row(rows, row, &greatest);
    size_t n = (size_t)rows->asked.top < rows->n_vocab ? (size_t)rows->asked.top : rows->n_vocab;
    bool is_wanted = true;
    for (size_t at = 0; is_wanted && at < n; at += MSG_TOP_MAX) {
        struct msg_top m = {.position = position, .items = items};
        m.n = n - at < MSG_TOP_MAX ? n - at : MSG_TOP_MAX;
        m.is_last = at + m.n == n;
        for (size_t i = 0; i < m.n; i++) {
            ingle_token id = rows->order[at + i];
            items[i] = (struct msg_top_item){.token = id, .logit = row[id]};
            items[i].logprob = (double)(row[id] - greatest) - log_total;
            struct wire_text *bytes = &items[i].bytes;
            bytes->data = ingle_token_bytes(rows->request->server->model, id, true, &bytes->len);
        }
        is_wanted = serve_say(rows->request, MSG_TOP, msg_top, &m);
    }
    return is_wanted;
}

static ingle_status say_row(struct rows *rows, size_t position, const float *row,
                            ingle_error *err) {
    bool is_wanted = rows->asked.top > 0
                         ? say_top(rows, position, row)
                         : serve_say_all(rows->request, MSG_ROWS, row, rows->n_vocab * sizeof *row);
    if (is_wanted) return INGLE_OK;
    return status_set(err, INGLE_CANCELLED, 0, "Cancelled after %zu rows.", position);
}

static ingle_status say_all_rows(struct rows *rows, ingle_session *session, ingle_error *err) {
    size_t n = rows->asked.n, n_vocab = rows->n_vocab;
    size_t n_rows = n < ROWS_AT_ONCE ? n : ROWS_AT_ONCE;
    float *values = mem_calloc(n_rows * n_vocab, sizeof *values);
    if (!values) return status_no_memory(err, "the logits", n_rows * n_vocab * sizeof *values);
    ingle_status status = INGLE_OK;
    for (size_t i = 0; i < n && status == INGLE_OK; i += n_rows) {
        size_t n_now = n_rows < n - i ? n_rows : n - i;
        status = ingle_session_eval(session, rows->asked.ids + i, n_now, values, err);
        for (size_t k = 0; k < n_now && status == INGLE_OK; k++) {
            status = say_row(rows, i + k, values + k * n_vocab, err);
        }
    }
    mem_free(values);
    return status;
}

/* All or nothing: what cannot be computed must not leave the rows of its beginning. */
static ingle_status compute(struct rows *rows, ingle_session *session, ingle_error *err) {
    INGLE_TRY(make_fits(session, rows->asked.n, err));
    if (rows->asked.n == 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "No token is given.");
    }
    INGLE_TRY(make_check_ids(rows->request->server->model, rows->asked.ids, rows->asked.n, err));
    INGLE_TRY(ingle_session_truncate(session, 0, err));
    if (rows->asked.top > 0) {
        rows->order = mem_calloc(rows->n_vocab, sizeof *rows->order);
        if (!rows->order) {
            return status_no_memory(err, "the order of tokens", rows->n_vocab * sizeof(int));
        }
    }
    if (rows->asked.all) return say_all_rows(rows, session, err);
    INGLE_TRY(ingle_session_eval(session, rows->asked.ids, rows->asked.n, NULL, err));
    return say_row(rows, rows->asked.n - 1, ingle_session_logits(session), err);
}

ingle_status serve_logits(struct request *r, ingle_error *err) {
    struct rows rows = {.request = r};
    INGLE_TRY(serve_read_for_session(r, &rows.asked, sizeof rows.asked, msg_logits, err));
    rows.n_vocab = (size_t)ingle_model_get_info(r->server->model).n_vocab;
    ingle_status status = compute(&rows, r->slot->session, err);
    mem_free(rows.order);
    return status;
}
