#include "engine/template/template.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "engine/template/ast.h"
#include "engine/template/data.h"
#include "engine/template/exec.h"
#include "engine/template/parse.h"
#include "engine/template/source.h"

#define MAX_TREE ((size_t)256 << 20) /* bytes of a template that was read */

struct source_place source_place(const struct template *t, size_t where) {
    struct source_place place = {.line = 1};
    size_t start = 0;
    for (size_t i = 0; i < where && i < t->len; i++) {
        if (t->source[i] != '\n') continue;
        place.line++;
        start = i + 1;
    }
    place.column = where - start + 1;
    return place;
}

/* --- names --- */

static size_t find_slot(const struct template *t, const char *name, size_t len) {
    size_t slot = hash_bytes((uintptr_t)t, name, len) & (t->n_slots - 1);
    while (t->slots[slot]) {
        const struct symbol *s = &t->symbols[t->slots[slot] - 1];
        if (s->len == len && memcmp(s->name, name, len) == 0) break;
        slot = (slot + 1) & (t->n_slots - 1);
    }
    return slot;
}

int symbol_find(const struct template *t, const char *name, size_t len) {
    if (t->n_slots == 0) return SYMBOL_NONE;
    return (int)t->slots[find_slot(t, name, len)] - 1;
}

static bool grow_symbols(struct template *t) {
    if (t->n_symbols < t->symbols_cap) return true;
    size_t cap = t->symbols_cap ? t->symbols_cap * 2 : 64;
    struct symbol *symbols = arena_array(&t->arena, cap, sizeof *symbols);
    uint32_t *slots = arena_array(&t->arena, cap * 2, sizeof *slots);
    if (!symbols || !slots) return false;
    if (t->n_symbols) memcpy(symbols, t->symbols, t->n_symbols * sizeof *symbols);
    t->symbols = symbols;
    t->symbols_cap = cap;
    t->slots = slots;
    t->n_slots = cap * 2;
    for (size_t i = 0; i < t->n_symbols; i++) {
        t->slots[find_slot(t, symbols[i].name, symbols[i].len)] = (uint32_t)i + 1;
    }
    return true;
}

int symbol_enter(struct template *t, const char *name, size_t len) {
    if (!grow_symbols(t)) return SYMBOL_NONE;
    size_t slot = find_slot(t, name, len);
    if (!t->slots[slot]) {
        t->symbols[t->n_symbols] = (struct symbol){.name = name, .len = len};
        t->slots[slot] = (uint32_t)++t->n_symbols;
    }
    return (int)t->slots[slot] - 1;
}

/* --- a template --- */

ingle_status template_new(struct template **out, const char *source, size_t len, ingle_error *err) {
    *out = NULL;
    if (len > TEMPLATE_MAX_SOURCE) {
        return status_set(err, INGLE_LIMIT, 0,
                          "The chat template has %zu bytes; ingle takes at most %zu.", len,
                          TEMPLATE_MAX_SOURCE);
    }
    struct template *t = mem_calloc(1, sizeof *t);
    if (!t) return status_no_memory(err, "the chat template", sizeof *t);
    arena_init(&t->arena, MAX_TREE);
    ingle_status status = parse_template(t, source, len, err);
    if (status == INGLE_OK) {
        *out = t;
    } else {
        template_free(t);
    }
    return status;
}

void template_free(struct template *t) {
    if (!t) return;
    arena_clear(&t->arena);
    mem_free(t);
}

bool template_reads(const struct template *t, const char *name) {
    return symbol_find(t, name, strlen(name)) != SYMBOL_NONE;
}

void template_output_clear(struct template_output *output) {
    buf_clear(&output->text);
    mem_free(output->spans);
    output->spans = NULL;
    output->n_spans = 0;
    output->is_refused = false;
}

/* --- a rendering --- */

/* Where bytes of the one and of the other kind meet. */
static size_t write_spans(const struct build *b, struct template_span *spans) {
    size_t n = 0;
    for (size_t at = 0; at < b->len;) {
        bool is_data = b->marks ? b->marks[at] : b->is_data;
        size_t end = at;
        while (end < b->len && (b->marks ? b->marks[end] : b->is_data) == is_data) end++;
        if (spans) spans[n] = (struct template_span){at, end - at, is_data};
        n++;
        at = end;
    }
    return n;
}

static ingle_status hand_out(const struct build *b, struct template_output *output,
                             ingle_error *err) {
    size_t n = write_spans(b, NULL);
    buf_init(&output->text, TEMPLATE_MAX_OUTPUT);
    output->spans = mem_calloc(n ? n : 1, sizeof *output->spans);
    if (!output->spans || !buf_add(&output->text, b->len ? b->data : "", b->len)) {
        return status_no_memory(err, "the rendered prompt", b->len);
    }
    output->n_spans = write_spans(b, output->spans);
    return INGLE_OK;
}

ingle_status template_render(const struct template *t, const struct template_input *input,
                             struct template_output *output, ingle_error *err) {
    struct run r = {.t = t, .input = input, .err = err};
    struct build out;
    arena_init(&r.arena, TEMPLATE_MAX_MEMORY);
    r.seed = hash_seed(&r);
    build_init(&out, &r);
    r.out = &out;
    ingle_status status = scope_push(&r, NULL);
    if (status == INGLE_OK) status = data_globals(&r);
    if (status == INGLE_OK) status = exec_template(&r);
    if (status == INGLE_OK) status = hand_out(&out, output, err);
    output->is_refused = r.is_refused;
    arena_clear(&r.arena);
    return status;
}
