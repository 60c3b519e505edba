/* What a confined process keeps of the file system: what its plan names, and what the program and
 * the C library open by themselves, in it and in the workers that it starts. */
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "guard/seal/seal_confine_internal.h"
#include "guard/seal/seal_instrumented.h"

#define MAX_LIBRARIES 128

static const struct seal_place own[] = {
    {"/proc/self/exe", SEAL_RUN}, /* a worker is this program, started anew */
    {"/etc/ld.so.cache", SEAL_READ},
    {"/dev/null", SEAL_DEVICE},
    {"/etc/localtime", SEAL_READ},
    {"/usr/share/zoneinfo", SEAL_READ},
    /* how many processors, and how much of them and of the memory this process may have */
    {"/sys/devices/system/cpu", SEAL_READ},
    {"/sys/devices/cpu_core/cpus", SEAL_READ},
    {"/sys/fs/cgroup", SEAL_READ},
#ifdef SEAL_INSTRUMENTED
    {"/proc", SEAL_READ}, /* sanitizers look at the memory's map of each process */
#else
    {"/proc/cpuinfo", SEAL_READ},
    {"/proc/meminfo", SEAL_READ},
    {"/proc/self/cgroup", SEAL_READ},
    {"/proc/thread-self/status", SEAL_READ},
    {"/proc/sys/kernel/random/boot_id", SEAL_READ}, /* stands in the audit log */
#endif
};

static bool make_absolute(char out[PATH_MAX], const char *here, const char *path) {
    int n = path[0] == '/' ? snprintf(out, PATH_MAX, "%s", path)
                           : snprintf(out, PATH_MAX, "%s/%s", here, path);
    return n > 0 && n < PATH_MAX;
}

/* What is not there, or too long to be, is left out: opening it fails later with its own error. */
static void add(struct seal_kept_list *list, const struct seal_place *place) {
    struct stat st;
    struct seal_kept *k = &list->items[list->n];
    if (list->n == list->cap || !place->path[0] || !make_absolute(k->path, list->here, place->path))
        return;
    if (!realpath(k->path, k->real) || stat(k->real, &st) != 0) return;
    k->use = place->use;
    k->is_folder = S_ISDIR(st.st_mode);
    list->n++;
}

static int add_library(struct dl_phdr_info *info, size_t size, void *list) {
    struct seal_place place = {info->dlpi_name, SEAL_RUN};
    (void)size;
    if (info->dlpi_name && info->dlpi_name[0] == '/') add(list, &place);
    return 0;
}

static int compare(const void *a, const void *b) {
    const struct seal_kept *x = a, *y = b;
    size_t n = strlen(x->real), m = strlen(y->real);
    if (n != m) return n < m ? -1 : 1;
    return strcmp(x->real, y->real);
}

/* Several names of one place: what may be done there is what may be done by any of them. */
static void join(struct seal_kept_list *list) {
    qsort(list->items, list->n, sizeof *list->items, compare);
    struct seal_kept *first = NULL;
    for (size_t i = 0; i < list->n; i++) {
        struct seal_kept *k = &list->items[i];
        k->is_first = !first || strcmp(first->real, k->real) != 0;
        if (k->is_first) first = k;
        bool is_more = k->use == SEAL_WRITE || (k->use == SEAL_RUN && first->use == SEAL_READ);
        if (is_more) first->use = k->use;
    }
}

ingle_status seal_places_list(struct seal_kept_list *list, const struct seal_confine_plan *plan,
                              ingle_error *err) {
    *list = (struct seal_kept_list){.cap = BASE_COUNT(own) + plan->n_places + MAX_LIBRARIES};
    if (plan->n_places > SEAL_MAX_PLACES) {
        return status_set(err, INGLE_LIMIT, 0, "A confined process may keep %d places, not %zu.",
                          SEAL_MAX_PLACES, plan->n_places);
    }
    list->items = mem_calloc(list->cap, sizeof *list->items);
    if (!list->items) return status_no_memory(err, "a list of files", list->cap);
    if (!getcwd(list->here, sizeof list->here) || list->here[0] != '/') {
        snprintf(list->here, sizeof list->here, "/");
    }
    for (size_t i = 0; i < BASE_COUNT(own); i++) add(list, &own[i]);
    for (size_t i = 0; i < plan->n_places; i++) add(list, &plan->places[i]);
    dl_iterate_phdr(add_library, list);
    join(list);
    return INGLE_OK;
}

void seal_places_clear(struct seal_kept_list *list) {
    mem_free(list->items);
    *list = (struct seal_kept_list){0};
}
