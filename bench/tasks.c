/* What tasks on a language model take where only a little of their prompt is new: an intent among
 * 20 labels of one's own, and a completion after a few letters more in the same file.
 *
 *   bench_tasks MODEL [THREADS]      milliseconds; any model, also one of random weights */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ingle/ingle.h"

#define N_LABELS 20
#define N_ROUNDS 60

static const ingle_label labels[N_LABELS] = {
    {.name = "pay_bill", .description = "pay an invoice or a bill"},
    {.name = "pay_rent"},
    {.name = "card_lost", .description = "a card is lost or stolen"},
    {.name = "card_arrival"},
    {.name = "balance", .description = "how much money is there"},
    {.name = "transfer", .description = "send money to somebody"},
    {.name = "weather"},
    {.name = "alarm", .description = "be woken or reminded at a time"},
    {.name = "timer"},
    {.name = "calendar", .description = "look at or change appointments"},
    {.name = "play_music"},
    {.name = "stop_music"},
    {.name = "recipe", .description = "how to cook something"},
    {.name = "shopping_list"},
    {.name = "translate"},
    {.name = "definition", .description = "what a word means"},
    {.name = "book_flight"},
    {.name = "flight_status"},
    {.name = "book_hotel"},
    {.name = "traffic"},
};

static const char *const texts[] = {
    "wake me up at seven tomorrow",
    "how much is left on my account",
    "what does frugal mean",
    "is my flight to oslo on time",
    "put milk and eggs on the list",
    "i cannot find my card anywhere",
    "how do i make lentil soup",
    "send fifty euros to anna",
    "do i need an umbrella in the evening",
    "how do you say thank you in turkish",
};
#define N_TEXTS (sizeof texts / sizeof texts[0])

/* INGLE_BENCH_CPU=1: the processor's time and not the clock's, which with one thread is what the
 * clock would say of a machine that does nothing else. */
static double now_ms(void) {
    struct timespec t;
    clock_gettime(getenv("INGLE_BENCH_CPU") ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void need(ingle_status status, const ingle_error *err) {
    if (status == INGLE_OK) return;
    fprintf(stderr, "bench_tasks: %s\n", err->msg);
    exit(1);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void print_times(const char *what, double *ms, size_t n) {
    qsort(ms, n, sizeof *ms, ascending);
    printf("%-44s p50 %8.2f ms   p99 %8.2f ms\n", what, ms[n / 2], ms[n - 1 - n / 100]);
}

static void bench_intent(ingle_tasks *tasks) {
    ingle_error err;
    ingle_intent_options opt = ingle_intent_options_default();
    ingle_intent_result r;
    double ms[N_ROUNDS], start = now_ms();
    opt.labels = labels;
    opt.n_labels = N_LABELS;
    need(ingle_intent(tasks, &opt, texts[0], strlen(texts[0]), &r, &err), &err);
    printf("%-44s     %8.2f ms\n", "intent, the labels' work and a text", now_ms() - start);
    long n_new = 0, n_passes = 0;
    for (int i = 0; i < N_ROUNDS; i++) {
        const char *text = texts[(size_t)(i + 1) % N_TEXTS];
        start = now_ms();
        need(ingle_intent(tasks, &opt, text, strlen(text), &r, &err), &err);
        ms[i] = now_ms() - start;
        n_new += r.n_prompt - r.n_reused;
        n_passes += r.n_passes;
    }
    print_times("intent, a text more", ms, N_ROUNDS);
    printf("    of %d tokens %.1f computed anew, %.1f passes more for labels that begin alike\n",
           r.n_prompt, (double)n_new / N_ROUNDS, (double)n_passes / N_ROUNDS);
}

/* 150 lines, of which one grows. */
static size_t write_file(char *text, size_t cap, int n_typed, size_t *at) {
    size_t n = 0;
    for (int i = 0; i < 150; i++) {
        if (i == 100) {
            n += (size_t)snprintf(text + n, cap - n, "    int sum = value_%.*s", n_typed,
                                  "one + value_two * value_three - value_four / value_five");
            *at = n;
            n += (size_t)snprintf(text + n, cap - n, "\n");
        } else {
            n += (size_t)snprintf(text + n, cap - n, "    int value_%d = compute(%d, %d);\n", i,
                                  i * 7, i % 13);
        }
    }
    return n;
}

static void bench_complete(ingle_tasks *tasks) {
    static char text[16384];
    ingle_error err;
    ingle_complete_options opt = ingle_complete_options_default();
    ingle_complete_result r;
    double ms[N_ROUNDS];
    size_t n = 0, at = 0;
    long n_new = 0;
    opt.max_tokens = 1; /* only what stands before it is measured */
    for (int i = 0; i < 40; i++) {
        n = write_file(text, sizeof text, i, &at);
        ingle_complete_file file = {.name = "values.c", .text = text, .len = n};
        double start = now_ms();
        need(ingle_complete(tasks, &file, at, &opt, &r, &err), &err);
        if (i == 0) {
            printf("%-44s     %8.2f ms, %d tokens\n", "completion, the first prompt",
                   now_ms() - start, r.n_prompt);
            continue;
        }
        ms[i - 1] = now_ms() - start;
        n_new += r.n_prompt - r.n_reused;
    }
    print_times("completion, a letter more, its first token", ms, 39);
    printf("    of %d tokens %.1f computed anew (%d after the place)%s\n", r.n_prompt,
           (double)n_new / 39, r.n_suffix,
           r.fills_middle ? "" : "; the model cannot fill in the middle");
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "bench_tasks MODEL [THREADS]\n");
        return 2;
    }
    ingle_error err;
    ingle_model *model;
    ingle_tasks *tasks;
    ingle_session_options session = ingle_session_options_default();
    ingle_tasks_options opt = ingle_tasks_options_default();
    session.n_ctx = 4096;
    session.n_threads = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 2;
    need(ingle_model_open(&model, argv[1], NULL, &err), &err);
    opt.model = model;
    opt.session = &session;
    need(ingle_tasks_new(&tasks, &opt, &err), &err);
    bench_intent(tasks);
    bench_complete(tasks);
    ingle_tasks_free(tasks);
    ingle_model_close(model);
    return 0;
}
