/* The history of tasks: one chain, whose records are
 *
 *     length of the name u32 | length of the input u32 | name | input | output */
#include <string.h>

#include "guard/vault/vault_bytes.h"
#include "guard/vault/vault_internal.h"

#define FIXED 8

static uint32_t find_tasks(const struct vault *v) {
    for (uint32_t i = 0; i < v->head.n; i++) {
        if (v->head.chains[i].kind == VAULT_CHAIN_TASKS) return v->head.chains[i].number;
    }
    return 0;
}

/* *number: of the chain of tasks; 0 = there is none. */
static ingle_status look(struct vault *v, uint32_t *number, ingle_error *err) {
    INGLE_TRY(vault_db_begin(v->db, false, err));
    ingle_status status = vault_head_read(v, err);
    *number = status == INGLE_OK ? find_tasks(v) : 0;
    return vault_db_end(v->db, status, err);
}

static ingle_status make(struct vault *v, uint32_t *number, ingle_error *err) {
    INGLE_TRY(vault_head_read(v, err));
    *number = find_tasks(v); /* another process may have been faster */
    return *number ? INGLE_OK : vault_chain_begin(v, VAULT_CHAIN_TASKS, number, "", 0, err);
}

ingle_status vault_task_append(struct vault *v, const struct vault_task *task, ingle_error *err) {
    uint32_t number;
    uint8_t lengths[FIXED];
    if (task->name_len > VAULT_RECORD_MAX || task->input_len > VAULT_RECORD_MAX) {
        return status_set(err, INGLE_LIMIT, 0, "The vault keeps records of up to %zu MiB.",
                          VAULT_RECORD_MAX >> 20);
    }
    INGLE_TRY(look(v, &number, err));
    if (number == 0) {
        INGLE_TRY(vault_db_begin(v->db, true, err));
        INGLE_TRY(vault_db_end(v->db, make(v, &number, err), err));
    }
    vault_put_u32(lengths, (uint32_t)task->name_len);
    vault_put_u32(lengths + 4, (uint32_t)task->input_len);
    const struct vault_blob pieces[] = {
        {lengths, sizeof lengths},
        {(const uint8_t *)task->name, task->name_len},
        {(const uint8_t *)task->input, task->input_len},
        {(const uint8_t *)task->output, task->output_len},
    };
    return vault_chain_append(v, number, pieces, BASE_COUNT(pieces), err);
}

struct reading {
    vault_task_fn on_task;
    void *user;
    bool is_broken;
};

static bool on_record(const struct vault_record *record, void *user) {
    struct reading *r = user;
    const uint8_t *data = (const uint8_t *)record->data;
    size_t name_len = record->size >= FIXED ? vault_get_u32(data) : 0;
    size_t input_len = record->size >= FIXED ? vault_get_u32(data + 4) : 0;
    if (record->size < FIXED || name_len > record->size - FIXED ||
        input_len > record->size - FIXED - name_len) {
        r->is_broken = true;
        return false;
    }
    struct vault_task task = {.time = record->time,
                              .name = record->data + FIXED,
                              .input = record->data + FIXED + name_len,
                              .output = record->data + FIXED + name_len + input_len,
                              .name_len = name_len,
                              .input_len = input_len,
                              .output_len = record->size - FIXED - name_len - input_len};
    return r->on_task(&task, r->user);
}

ingle_status vault_task_read(struct vault *v, vault_task_fn on_task, void *user, ingle_error *err) {
    uint32_t number;
    struct reading r = {.on_task = on_task, .user = user};
    INGLE_TRY(look(v, &number, err));
    if (number == 0) return INGLE_OK;
    INGLE_TRY(vault_chain_read(v, number, on_record, &r, err));
    if (!r.is_broken) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "The vault's history of tasks breaks off.");
}

ingle_status vault_task_forget(struct vault *v, ingle_error *err) {
    uint32_t number;
    INGLE_TRY(look(v, &number, err));
    return number ? vault_chain_forget(v, number, err) : INGLE_OK;
}
