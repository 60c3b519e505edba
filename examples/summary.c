/* The most telling sentences of a document, without any model:  summary report.html
 *
 * A document is read to plain text, and a task works on it; with a model in
 * ingle_tasks_options the same call would write the summary and check it against the text.
 *
 *   cc summary.c $(pkg-config --cflags --libs ingle) -o summary */
#include <ingle/ingle.h>
#include <stdio.h>
#include <stdlib.h>

static bool print_text(const char *text, size_t len, void *user) {
    (void)user;
    return fwrite(text, 1, len, stdout) == len;
}

/* All of a file; NULL if it cannot be read. */
static char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    char *data = NULL;
    if (file && fseek(file, 0, SEEK_END) == 0) {
        long end = ftell(file);
        rewind(file);
        data = end >= 0 ? malloc((size_t)end + 1) : NULL;
        *size = data ? fread(data, 1, (size_t)end, file) : 0;
    }
    if (file) fclose(file);
    return data;
}

static ingle_status summarize(const char *path, const char *data, size_t size, ingle_error *err) {
    ingle_document *document = NULL;
    ingle_tasks *tasks = NULL;
    ingle_status status = ingle_document_read(&document, data, size, path, err);
    if (!status) status = ingle_tasks_new(&tasks, NULL, err);
    if (!status) {
        ingle_document_info info = ingle_document_get_info(document);
        ingle_summarize_options options = ingle_summarize_options_default();
        options.extractive = true;
        options.length = INGLE_SUMMARY_SHORT;
        options.title = info.title;
        options.on_text = print_text;
        status = ingle_summarize(tasks, info.text, info.text_len, &options, NULL, err);
        if (!status) putchar('\n');
    }
    ingle_tasks_free(tasks);
    ingle_document_free(document);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: summary FILE\n");
        return 2;
    }
    size_t size = 0;
    char *data = read_file(argv[1], &size);
    if (!data) {
        fprintf(stderr, "summary: cannot read %s\n", argv[1]);
        return 1;
    }
    ingle_error err;
    ingle_status status = summarize(argv[1], data, size, &err);
    if (status) fprintf(stderr, "summary: %s\n", err.msg);
    free(data);
    return status ? 1 : 0;
}
