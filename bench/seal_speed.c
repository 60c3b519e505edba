/* How fast a snapshot is sealed and opened again: the median of some rounds, which include opening
 * the file and, when writing, fsync().
 *
 *   seal_speed FOLDER [MEGABYTES [ROUNDS]]     FOLDER gets a key and a file, which are removed */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "guard/vault/snapshot_store.h"

#define PIECE ((size_t)1 << 20) /* handed over at a time, as a session hands over its pages */
#define MAX_ROUNDS 1000

static const struct snapshot_id id = {.kind = "speed", .fingerprint = "x", .fingerprint_size = 1};

static ingle_status write_it(const struct snapshot_store *store, uint8_t *data, size_t size,
                             ingle_error *err) {
    struct sealed_writer *w;
    bool ok = true;
    INGLE_TRY(snapshot_store_write(&w, store, &id, err));
    for (size_t at = 0; at < size && ok; at += PIECE) {
        ok = sealed_write(data + at, size - at < PIECE ? size - at : PIECE, w);
    }
    return snapshot_store_commit(store, w, err);
}

static ingle_status read_it(const struct snapshot_store *store, uint8_t *data, size_t size,
                            ingle_error *err) {
    struct sealed_reader *r;
    bool ok = true;
    INGLE_TRY(snapshot_store_read(&r, store, &id, err));
    for (size_t at = 0; at < size && ok; at += PIECE) {
        ok = sealed_read(data + at, size - at < PIECE ? size - at : PIECE, r);
    }
    ingle_status status = sealed_reader_finish(r, err);
    sealed_reader_close(r);
    return status;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void report(const char *what, double *ms, int n, size_t size) {
    qsort(ms, (size_t)n, sizeof *ms, by_value);
    printf("%-5s %7.1f MB  median %7.2f ms  best %7.2f ms  %6.0f MB/s\n", what, (double)size / 1e6,
           ms[n / 2], ms[0], (double)size / 1e3 / ms[n / 2]);
}

static ingle_status measure(const struct snapshot_store *store, size_t size, int n,
                            ingle_error *err) {
    static double sealing[MAX_ROUNDS], opening[MAX_ROUNDS];
    uint8_t *data = malloc(2 * size);
    if (!data) return status_no_memory(err, "the snapshot", 2 * size);
    for (size_t i = 0; i < size; i++) data[i] = (uint8_t)(i * 7 >> 3);
    memset(data + size, 1, size); /* so that no round pays for the first touch */
    ingle_status status = INGLE_OK;
    for (int i = 0; i < n && status == INGLE_OK; i++) {
        double start = clock_ms();
        status = write_it(store, data, size, err);
        double between = clock_ms();
        if (status == INGLE_OK) status = read_it(store, data + size, size, err);
        sealing[i] = between - start;
        opening[i] = clock_ms() - between;
    }
    if (status == INGLE_OK && memcmp(data, data + size, size) != 0) {
        status = status_set(err, INGLE_FAILED, 0, "Other bytes came back.");
    }
    free(data);
    if (status != INGLE_OK) return status;
    report("seal", sealing, n, size);
    report("open", opening, n, size);
    return INGLE_OK;
}

static ingle_status in_folder(const char *folder, size_t size, int n, ingle_error *err) {
    struct vault_key *key;
    struct snapshot_store *store;
    size_t n_deleted;
    INGLE_TRY(vault_key_open_file(&key, folder, err));
    ingle_status status = snapshot_store_open(&store, folder, key, UINT64_MAX, err);
    vault_key_close(key);
    if (status == INGLE_OK) {
        status = measure(store, size, n, err);
        if (status == INGLE_OK) status = snapshot_store_clear(store, &n_deleted, err);
        snapshot_store_close(store);
    }
    if (status == INGLE_OK) status = vault_key_erase_file(folder, err);
    return status;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    double megabytes = argc > 2 ? strtod(argv[2], NULL) : 23;
    long n = argc > 3 ? strtol(argv[3], NULL, 10) : 25;
    if (!(megabytes > 0 && megabytes < 1e5) || n < 1 || n > MAX_ROUNDS) return 2;
    ingle_error err;
    if (in_folder(argv[1], (size_t)(megabytes * 1e6), (int)n, &err) == INGLE_OK) return 0;
    fprintf(stderr, "%s\n", err.msg);
    return 1;
}
