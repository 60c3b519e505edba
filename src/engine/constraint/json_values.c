#include "engine/constraint/json_values.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

bool json_values_init(struct json_values *v, size_t max) {
    uint32_t empty;
    intern_init(&v->nodes, max);
    return intern_add(&v->nodes, NULL, 0, &empty);
}

void json_values_clear(struct json_values *v) {
    intern_clear(&v->nodes);
}

static uint32_t add_node(struct json_values *v, uint32_t kind, uint32_t a, uint32_t b, uint32_t c) {
    const uint32_t node[] = {kind, a, b, c};
    uint32_t id;
    if (a == JSON_VALUES_FAILED || b == JSON_VALUES_FAILED || c == JSON_VALUES_FAILED ||
        !intern_add(&v->nodes, node, 4, &id)) {
        return JSON_VALUES_FAILED;
    }
    return id;
}

/* [0] kind, then its parts. */
static const uint32_t *node_at(const struct json_values *v, uint32_t id) {
    size_t n;
    return intern_get(&v->nodes, id, &n);
}

uint32_t json_values_add(struct json_values *v, enum json_value_kind kind, uint32_t a, uint32_t b) {
    return add_node(v, kind, a, b, 0);
}

uint32_t json_values_text(struct json_values *v, uint32_t before, const char *bytes, size_t len) {
    for (size_t i = 0; i < len && before != JSON_VALUES_FAILED; i++) {
        before = json_values_add(v, JSON_TEXT, before, (uint8_t)bytes[i]);
    }
    return before;
}

/* Digits and place: one text for one value. */
uint32_t json_values_number(struct json_values *v, const struct number *n) {
    char text[NUMBER_MAX_DIGITS + 24];
    size_t len = 0;
    if (n->is_negative) text[len++] = '-';
    for (uint32_t i = 0; i < n->n; i++) text[len++] = (char)('0' + n->digits[i]);
    if (n->n) len += (size_t)snprintf(text + len, sizeof text - len, "e%d", (int)n->magnitude);
    return json_values_add(v, JSON_NUMBER_OF, json_values_text(v, 0, text, len), 0);
}

size_t json_values_read(const struct json_values *v, uint32_t text, char *out, size_t max) {
    size_t n = 0, i = 0;
    for (uint32_t at = text; at && n < max; at = node_at(v, at)[1]) n++;
    for (uint32_t at = text; i < n; at = node_at(v, at)[1]) {
        out[n - ++i] = (char)node_at(v, at)[2];
    }
    return n;
}

/* A fork: all members agree above its bit; those without it are on the left. The node's first part
 * is the common bits with this bit set (big-endian Patricia tree: one tree for one set). */
static bool goes_right(uint32_t member, uint32_t fork) {
    return (member & fork & (0u - fork)) != 0;
}

static bool is_under(uint32_t member, uint32_t fork) {
    uint32_t bit = fork & (0u - fork);
    return ((member ^ fork) & ~(bit | (bit - 1))) == 0;
}

bool json_set_has(const struct json_values *v, uint32_t set, uint32_t member) {
    while (set) {
        const uint32_t *node = node_at(v, set);
        if (node[0] == JSON_SET_ONE) return node[1] == member;
        if (!is_under(member, node[1])) return false;
        set = goes_right(member, node[1]) ? node[3] : node[2];
    }
    return false;
}

static uint32_t join_sets(struct json_values *v, uint32_t a, uint32_t in_a, uint32_t b,
                          uint32_t in_b) {
    uint32_t bit = (uint32_t)1 << 31;
    while (!((in_a ^ in_b) & bit)) bit >>= 1;
    uint32_t fork = (in_a & ~(bit | (bit - 1))) | bit;
    return in_a & bit ? add_node(v, JSON_SET_FORK, fork, b, a)
                      : add_node(v, JSON_SET_FORK, fork, a, b);
}

uint32_t json_set_add(struct json_values *v, uint32_t set, uint32_t member) { /* depth <= 32 */
    if (set == JSON_VALUES_FAILED || member == JSON_VALUES_FAILED) return JSON_VALUES_FAILED;
    if (set == 0) return add_node(v, JSON_SET_ONE, member, 0, 0);
    const uint32_t *node = node_at(v, set);
    uint32_t kind = node[0], key = node[1], left = node[2], right = node[3];
    if (kind == JSON_SET_ONE) {
        if (key == member) return set;
        return join_sets(v, set, key, json_set_add(v, 0, member), member);
    }
    if (!is_under(member, key)) return join_sets(v, set, key, json_set_add(v, 0, member), member);
    if (goes_right(member, key)) {
        right = json_set_add(v, right, member);
    } else {
        left = json_set_add(v, left, member);
    }
    return add_node(v, JSON_SET_FORK, key, left, right);
}

/* What a node is made of, to be kept with it. */
static void keep_parts(const struct json_values *v, uint32_t id, uint32_t *map) {
    const uint32_t *node = node_at(v, id);
    switch (node[0]) {
    case JSON_SET_FORK: /* made anew: its members are renumbered */
        map[node[2]] |= map[node[2]] ? 0 : JSON_KEEP;
        map[node[3]] |= map[node[3]] ? 0 : JSON_KEEP;
        break;
    case JSON_OBJECT_OF:
        map[node[1]] = JSON_KEEP_SET;
        break;
    case JSON_LIST:
    case JSON_MEMBER:
        map[node[2]] |= map[node[2]] ? 0 : JSON_KEEP; /* fall through */
    case JSON_TEXT:
    case JSON_SET_ONE:
    case JSON_STRING_OF:
    case JSON_NUMBER_OF:
    case JSON_ARRAY_OF:
        map[node[1]] |= map[node[1]] ? 0 : JSON_KEEP;
        break;
    default:
        break;
    }
}

/* The members in order, under their new numbers. */
static uint32_t list_members(const struct json_values *v, uint32_t set, const uint32_t *map,
                             uint32_t *out, uint32_t n) { /* depth <= 33 */
    const uint32_t *node = node_at(v, set);
    if (node[0] == JSON_SET_ONE) {
        out[n] = map[node[1]];
        return n + 1;
    }
    n = list_members(v, node[2], map, out, n);
    return list_members(v, node[3], map, out, n);
}

static uint32_t make_set(struct json_values *v, const uint32_t *members, uint32_t n) {
    if (n == 1) return add_node(v, JSON_SET_ONE, members[0], 0, 0);
    uint32_t bit = (uint32_t)1 << 31, first = members[0], last = members[n - 1], low = 0;
    while (!((first ^ last) & bit)) bit >>= 1;
    while (!(members[low] & bit)) low++;
    uint32_t left = make_set(v, members, low), right = make_set(v, members + low, n - low);
    return add_node(v, JSON_SET_FORK, (first & ~(bit | (bit - 1))) | bit, left, right);
}

static uint32_t move_node(struct json_values *to, const struct json_values *from, uint32_t id,
                          uint32_t *map, uint32_t *members) {
    const uint32_t *node = node_at(from, id);
    if (node[0] == JSON_SET_ONE || node[0] == JSON_SET_FORK) {
        if (map[id] != JSON_KEEP_SET) return 0; /* a part of others only */
        return make_set(to, members, list_members(from, id, map, members, 0));
    }
    bool is_pair = node[0] == JSON_LIST || node[0] == JSON_MEMBER;
    uint32_t a = node[0] == JSON_LITERAL_OF ? node[1] : map[node[1]];
    return add_node(to, node[0], a, is_pair ? map[node[2]] : node[2], 0);
}

bool json_values_compact(struct json_values *v, uint32_t *map) {
    struct json_values to;
    uint32_t n = v->nodes.n;
    uint32_t *members = mem_alloc(n * sizeof *members);
    bool is_done = json_values_init(&to, v->nodes.max) && members;
    map[0] = 0;
    for (uint32_t id = n; id-- > 1;) {
        if (map[id]) keep_parts(v, id, map);
        map[0] = 0;
    }
    for (uint32_t id = 1; id < n && is_done; id++) {
        if (map[id]) map[id] = move_node(&to, v, id, map, members);
        is_done = map[id] != JSON_VALUES_FAILED;
    }
    mem_free(members);
    if (is_done) {
        json_values_clear(v);
        *v = to;
    } else {
        json_values_clear(&to);
    }
    return is_done;
}
