/* The list of all ways. */
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "guard/prove/prove_internal.h"

#define MAX_WAYS 8192

ingle_status prove_list_add(struct prove_list *list, const struct prove_way *way,
                            ingle_error *err) {
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 256;
        if (cap > MAX_WAYS) return status_set(err, INGLE_LIMIT, 0, "Too many ways to try.");
        struct prove_way *ways = mem_realloc(list->ways, cap * sizeof *ways);
        if (!ways) return status_no_memory(err, "a list of ways", cap * sizeof *ways);
        list->ways = ways;
        list->cap = cap;
    }
    list->ways[list->n++] = *way;
    return INGLE_OK;
}

static int try_row(const struct prove_scene *s, const struct prove_way *way) {
    const struct prove_row *row = way->row;
    if (row->attempt) return row->attempt(s);
    const long *a = row->args;
    long result = syscall(row->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    return row->answer ? way_of_reaching(result, row->answer) : way_of(result);
}

ingle_status prove_list_add_rows(struct prove_list *list, const char *group,
                                 const struct prove_row *rows, size_t n, ingle_error *err) {
    for (size_t i = 0; i < n; i++) {
        struct prove_way way = {.group = group, .attempt = try_row, .row = &rows[i]};
        snprintf(way.name, sizeof way.name, "%s", rows[i].name);
        INGLE_TRY(prove_list_add(list, &way, err));
    }
    return INGLE_OK;
}

typedef ingle_status (*group_fn)(struct prove_list *list, ingle_error *err);

ingle_status prove_list_add_all(struct prove_list *list, ingle_error *err) {
    static const group_fn groups[] = {
        prove_ways_family,  prove_ways_net,    prove_ways_local,     prove_ways_channel,
        prove_ways_abi,     prove_ways_file,   prove_ways_held,      prove_ways_process,
        prove_ways_program, prove_ways_system, prove_ways_privilege, prove_ways_call,
    };
    for (size_t i = 0; i < BASE_COUNT(groups); i++) INGLE_TRY(groups[i](list, err));
    return INGLE_OK;
}

ingle_status prove_list_add_network(struct prove_list *list, ingle_error *err) {
    static const group_fn groups[] = {prove_ways_family, prove_ways_net, prove_ways_local,
                                      prove_ways_abi};
    for (size_t i = 0; i < BASE_COUNT(groups); i++) INGLE_TRY(groups[i](list, err));
    for (size_t i = 0; i < list->n; i++) list->ways[i].group = "the command's own network";
    return INGLE_OK;
}

void prove_list_clear(struct prove_list *list) {
    mem_free(list->ways);
    *list = (struct prove_list){0};
}
