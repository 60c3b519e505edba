#include "cli/task_worker.h"

#include "base/map.h"

static ingle_status start_worker(struct worker **out, struct msg_start *start,
                                 const struct engine_args *args, ingle_error *err) {
    if (args->model) return worker_arg_new(out, start, args, err);
    return worker_arg_new_empty(out, start, args, err);
}

ingle_status task_worker_new(struct worker **out, struct msg_start *start,
                             const struct engine_args *args, ingle_error *err) {
    struct file_map map = {0};
    *out = NULL;
    if (start->user_pack_name) {
        INGLE_TRY(file_map_open(&map, start->user_pack_name, err));
        start->user_pack = (struct wire_text){(const char *)map.data, map.size};
    }
    ingle_status status = start_worker(out, start, args, err);
    file_map_close(&map);
    start->user_pack = (struct wire_text){"", 0};
    return status;
}

bool task_read(void *message, size_t size, wire_fn visit, const void *body, size_t body_size,
               struct arena *arena) {
    arena_clear(arena);
    return wire_read(message, size, visit, body, body_size, arena, NULL) == INGLE_OK;
}
