#include "oracle/tokens_compare.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "oracle/ask.h"

#define MAX_SHOWN 5
#define MAX_IDS 200000

ingle_model *tokens_open(const char *path) {
    ingle_model *model;
    ingle_model_options opt = ingle_model_options_default();
    ingle_error err;
    opt.vocab_only = true;
    if (ingle_model_open(&model, path, &opt, &err) != INGLE_OK) ask_fail("ingle: %s", err.msg);
    return model;
}

void tokens_sources(const ingle_model *model, struct text_sources *sources) {
    size_t n = (size_t)ingle_model_get_info(model).n_vocab;
    ingle_bytes *controls = calloc(n, sizeof *controls), *pieces = calloc(n, sizeof *pieces);
    if (!controls || !pieces) ask_fail("Out of memory.");
    sources->n_controls = 0;
    sources->n_pieces = n;
    for (size_t i = 0; i < n; i++) {
        ingle_token id = (ingle_token)i;
        pieces[i].data = ingle_token_bytes(model, id, true, &pieces[i].len);
        ingle_bytes text = pieces[i];
        bool is_tag = text.len > 2 && text.data[0] == '<' && text.data[text.len - 1] == '>';
        if (is_tag || ingle_token_is_control(model, id)) controls[sources->n_controls++] = text;
    }
    sources->controls = controls;
    sources->pieces = pieces;
}

void tokens_clear(struct text_sources *sources) {
    free((void *)(uintptr_t)sources->controls);
    free((void *)(uintptr_t)sources->pieces);
}

static void print_ids(const char *who, const int32_t *ids, size_t n, size_t from) {
    printf("  %-10s %zu tokens, from %zu:", who, n, from);
    for (size_t i = from; i < n && i < from + 12; i++) printf(" %d", ids[i]);
    putchar('\n');
}

/* As a C compiler would read it. */
static void print_text(ingle_bytes text) {
    printf("  \"");
    for (size_t i = 0; i < text.len && i < 400; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= ' ' && c < 0x7f && c != '"' && c != '\\')
            putchar(c);
        else
            printf("\\x%02x", c);
    }
    printf("\"%s\n", text.len > 400 ? "..." : "");
}

/* Reads a line of ids; returns what follows it. */
static const char *read_line(const char *at, const char *who, int32_t *ids, size_t *n) {
    *n = 0;
    while (*at && *at != '\n') {
        char *end;
        if (*n == MAX_IDS) ask_fail("%s gave more than %d ids.", who, MAX_IDS);
        ids[(*n)++] = (int32_t)strtol(at, &end, 10);
        if (end == at) ask_fail("%s printed '%.20s'.", who, at);
        at = *end == ' ' ? end + 1 : end;
    }
    if (*at != '\n') ask_fail("%s answered too few texts.", who);
    return at + 1;
}

void tokens_compare(const ingle_model *model, unsigned flags, const struct texts *texts,
                    const char *who, const char *lines, struct tokens_tally *tally) {
    int32_t *ours = calloc(MAX_IDS, sizeof *ours), *theirs = calloc(MAX_IDS, sizeof *theirs);
    if (!ours || !theirs) ask_fail("Out of memory.");
    for (size_t i = 0; i < texts->n; i++) {
        size_t n_ours, n_theirs, same = 0;
        ingle_error err;
        lines = read_line(lines, who, theirs, &n_theirs);
        if (ingle_tokenize(model, texts->at[i].data, texts->at[i].len, flags, ours, MAX_IDS,
                           &n_ours, &err) != INGLE_OK)
            ask_fail("ingle: %s", err.msg);
        tally->n_texts++;
        tally->n_tokens += n_ours;
        while (same < n_ours && same < n_theirs && ours[same] == theirs[same]) same++;
        if (same == n_ours && same == n_theirs) continue;
        if (tally->n_different++ >= MAX_SHOWN) continue;
        printf("Text %zu (%s), flags %u:\n", i, texts_kind(texts->kind[i]), flags);
        print_text(texts->at[i]);
        print_ids("ingle", ours, n_ours, same);
        print_ids(who, theirs, n_theirs, same);
    }
    free(ours);
    free(theirs);
}

uint64_t tokens_seed(void) {
    const char *given = getenv("INGLE_TEST_SEED");
    uint64_t seed = given && *given ? strtoull(given, NULL, 10) : clock_ns() % 1000000;
    printf("The texts are those of INGLE_TEST_SEED=%llu.\n", (unsigned long long)seed);
    return seed;
}
