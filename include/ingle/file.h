/* Looking into a GGUF file without running it: metadata and tensors of any architecture. */
#ifndef INGLE_FILE_H
#define INGLE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "ingle/model.h"
#include "ingle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ingle_file ingle_file;

/* A text of the file: not NUL-terminated, any bytes, borrowed from the ingle_file. */
typedef struct ingle_bytes {
    const char *data;
    size_t len;
} ingle_bytes;

typedef enum ingle_value_kind {
    INGLE_VALUE_UINT,
    INGLE_VALUE_INT,
    INGLE_VALUE_FLOAT,
    INGLE_VALUE_BOOL,
    INGLE_VALUE_STRING
} ingle_value_kind;

typedef struct ingle_value {
    ingle_value_kind kind;
    uint64_t u;    /* UINT, BOOL */
    int64_t i;     /* INT */
    double f;      /* FLOAT */
    ingle_bytes s; /* STRING */
} ingle_value;

typedef struct ingle_file_key {
    ingle_bytes key;
    const char *type; /* "u32", "string" ...; of the elements for an array */
    bool is_array;
    uint64_t count; /* elements; 1 for a scalar */
} ingle_file_key;

typedef struct ingle_file_tensor {
    ingle_bytes name;
    const char *type; /* "Q4_K" */
    int n_dims;
    uint64_t dims[4]; /* dims[0] is the row length */
    uint64_t offset;  /* of the data in its file */
    uint64_t size;    /* bytes */
    int shard;        /* which file of a split model, from 0 */
} ingle_file_tensor;

INGLE_API INGLE_NODISCARD ingle_status ingle_file_open(ingle_file **out, const char *path,
                                                       ingle_error *err);
/* The same for the parts of a model that somebody has opened (model.h), which may be closed
 * afterwards. Their prepared weights are not looked at. */
INGLE_API INGLE_NODISCARD ingle_status ingle_file_open_files(ingle_file **out,
                                                             const ingle_model_files *files,
                                                             ingle_error *err);
INGLE_API void ingle_file_close(ingle_file *file);
INGLE_API uint32_t ingle_file_version(const ingle_file *file);
INGLE_API size_t ingle_file_n_keys(const ingle_file *file);
INGLE_API size_t ingle_file_n_tensors(const ingle_file *file);

/* i below the count, else BAD_ARGUMENT. Elements of an array are read in order at constant cost
 * each for numbers; for strings, element e costs e steps unless read in increasing order. */
INGLE_API INGLE_NODISCARD ingle_status ingle_file_get_key(const ingle_file *file, size_t i,
                                                          ingle_file_key *out);
INGLE_API INGLE_NODISCARD ingle_status ingle_file_get_value(ingle_file *file, size_t i,
                                                            uint64_t element, ingle_value *out);
INGLE_API INGLE_NODISCARD ingle_status ingle_file_get_tensor(const ingle_file *file, size_t i,
                                                             ingle_file_tensor *out);

#ifdef __cplusplus
}
#endif

#endif
