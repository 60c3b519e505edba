/* Looking for texts of an automaton that are still free. */
#include "engine/constraint/json_strings.h"

#include "base/alloc.h"

void json_search_clear(struct json_search *search) {
    mem_free(search->branches);
    *search = (struct json_search){0};
}

static bool push(struct json_search *search, uint32_t depth, struct json_branch branch) {
    if (depth == search->cap) {
        uint32_t cap = search->cap ? search->cap * 2 : 64;
        struct json_branch *branches = mem_realloc(search->branches, cap * sizeof *branches);
        if (!branches) {
            search->failed = true;
            return false;
        }
        search->branches = branches;
        search->cap = cap;
    }
    search->branches[depth] = branch;
    return true;
}

static bool is_text(const struct json_asker *asker, const struct json_branch *b) {
    const struct json_texts *x = asker->texts;
    if (!(x->states[b->state].accepts & asker->kinds)) return false;
    const struct json_filter *filter = asker->filter;
    return !filter || filter->is_free(filter->user, x->dfa->labels[b->state], b->content);
}

static struct json_branch branch_at(const struct json_asker *asker, uint32_t state,
                                    uint32_t content) {
    return (struct json_branch){
        .state = state, .content = content, .byte = asker->texts->states[state].low};
}

/* The next state that leads to a text in time, from the branch's next byte on. */
static bool take_byte(const struct json_asker *asker, struct json_branch *b, uint32_t room,
                      struct json_branch *child) {
    const struct json_texts *x = asker->texts;
    for (; b->byte <= x->states[b->state].high; b->byte++) {
        uint32_t state = dfa_step(x->dfa, b->state, (uint8_t)b->byte);
        if (!(x->states[state].reach & asker->kinds)) continue;
        if (room != UINT32_MAX && json_texts_left(x, state, asker->kinds) > room) continue;
        uint32_t content = b->content;
        if (asker->keeps_content) {
            content = json_values_add(asker->values, JSON_TEXT, content, b->byte);
            asker->search->failed |= content == JSON_VALUES_FAILED;
        }
        *child = branch_at(asker, state, content);
        b->byte++;
        return !asker->search->failed;
    }
    return false;
}

/* Depth first. Each state that is entered leads to a text in time; so the work is in proportion to
 * the number of texts that are not free. */
bool json_text_search(const struct json_asker *asker, uint32_t state, uint32_t content,
                      uint32_t limit, int *byte) {
    struct json_search *search = asker->search;
    uint32_t depth = 0;
    if (json_texts_left(asker->texts, state, asker->kinds) > limit) return false;
    if (!push(search, 0, branch_at(asker, state, content))) return false;
    if (is_text(asker, &search->branches[0])) {
        *byte = -1;
        return true;
    }
    for (;;) {
        struct json_branch child;
        uint32_t room = limit == UINT32_MAX ? limit : limit - depth - 1;
        bool is_full = limit != UINT32_MAX && depth >= limit;
        if (!is_full && take_byte(asker, &search->branches[depth], room, &child)) {
            if (!push(search, ++depth, child)) return false;
            if (!is_text(asker, &child)) continue;
            *byte = search->branches[0].byte - 1;
            return true;
        }
        if (depth == 0 || search->failed) return false;
        depth--;
    }
}
