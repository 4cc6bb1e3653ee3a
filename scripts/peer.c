/* The yardstick for `timeshare bench`: its round trips, in as small a loop as does them.
 *
 *     cc -O2 -Wall -Wextra -o peer scripts/peer.c && ./peer TICK_US IOS CPU
 *
 * Two children on one CPU issue IOS I/Os each: `io`, then `io_done`, one tick of their own CPU time
 * each; SWITCH_ON_IO, IO_RUN_LATER, I/O length 1. Signals, pipes and confirmations are timeshare's.
 * Left out is whatever it does besides: process table, decisions and their reasons, trace, samples
 * of /proc, timers, outsiders. What timeshare takes beyond this, its bookkeeping costs.
 *
 * Prints one line of JSON; its names mean what they mean in `timeshare bench --json`. `until` says
 * up to where a hand-over is measured: "switch", as by timeshare, or "call_returned" where the
 * kernel gives no record of context switches. That is shorter and no comparison. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NOBODY = -1, CHILDREN = 2, IO_LENGTH = 1 };
enum { READY_TO_START, IO, IO_DONE };
enum state { READY, RUNNING, BLOCKED, ZOMBIE };

struct message { uint64_t what, remaining, cpu_ns; }; /* shorter than PIPE_BUF: written whole */
struct child {
    pid_t pid;
    int requests, answers, stat; /* our pipe ends; /proc/PID/stat, kept open */
    clockid_t clock;
    enum state state;
    int stopped;               /* confirmed: SIGCONT lets it go, else an answer does */
    uint64_t due;              /* the tick at whose start its I/O is complete */
    uint64_t start_ns, cpu_ns; /* its CPU clock at its first stop; from there to its end */
};
struct handover { int to; uint64_t decided_ns, tick_end_ns; };

static pid_t supervisor;
static struct child children[CHILDREN];
static struct handover *handovers;
static uint64_t *latencies;
static size_t handover_count, page_bytes, ring_bytes;
static char *ring; /* where the kernel records context switches; NULL: it does not */

/* The children die with us in any case (PR_SET_PDEATHSIG); here they are waited for as well. */
static void kill_all(void) {
    for (struct child *c = children; c < children + CHILDREN; c++)
        if (c->pid > 0 && getpid() == supervisor && kill(c->pid, SIGKILL) == 0)
            waitpid(c->pid, NULL, 0);
}

static void check(int good, const char *what) {
    if (good) return;
    fprintf(stderr, "peer: cannot %s: %s\n", what, errno ? strerror(errno) : "unexpected");
    exit(1); /* and kill_all */
}

static uint64_t clock_ns(clockid_t clock) {
    struct timespec t;
    check(clock_gettime(clock, &t) == 0, "read a clock");
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Spins as timeshare's worker. To read the clock is a system call, so it is read rarely: when,
 * the rate so far tells. */
static uint64_t spin_until(uint64_t until_ns) {
    static uint64_t x = 0x9E3779B97F4A7C15, rounds_per_us = 100;
    uint64_t now = clock_ns(CLOCK_THREAD_CPUTIME_ID), then;
    while (now < until_ns) {
        uint64_t left = until_ns - (then = now), aim = left > 1000 ? left - left / 8 : left;
        uint64_t rounds = aim * rounds_per_us / 1000 < 16 ? 16 : aim * rounds_per_us / 1000;
        for (uint64_t i = 0; i < rounds; i++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            __asm__ volatile("" : "+r"(x)); /* or the compiler might leave it out */
        }
        now = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        if (now - then > 2000) /* a shorter chunk says nothing about the rate */
            rounds_per_us = rounds * 1000 / (now - then) + 1;
    }
    return now;
}

static _Noreturn void work(int requests, int answers, uint64_t tick_ns, uint64_t ios) {
    char byte;
    struct message m = {READY_TO_START, 2 * ios, 0};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != supervisor) _exit(127);
    setpgid(0, 0); /* what a terminal sends is for the supervisor */
    if (write(requests, &m, sizeof m) != sizeof m || read(answers, &byte, 1) != 1) _exit(1);
    uint64_t until_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    while (m.remaining > 0) {
        m.what = m.remaining-- % 2 == 0 ? IO : IO_DONE;
        m.cpu_ns = spin_until(until_ns += tick_ns); /* from the last end: what pipes take does not add up */
        if (write(requests, &m, sizeof m) != sizeof m) _exit(1);
        if (m.what == IO && read(answers, &byte, 1) != 1) _exit(1);
    }
    _exit(0);
}

static struct message hear(struct child *c) {
    struct message m;
    check(read(c->requests, &m, sizeof m) == sizeof m, "hear a child");
    return m;
}

static void answer(struct child *c) { check(write(c->answers, "", 1) == 1, "answer a child"); }

static void stop(struct child *c) {
    siginfo_t info;
    check(kill(c->pid, SIGSTOP) == 0, "stop a child");
    check(waitid(P_PID, (id_t)c->pid, &info, WSTOPPED) == 0, "see a child stop");
    c->stopped = 1;
}

static void let_go(struct child *c) {
    if (c->stopped) check(kill(c->pid, SIGCONT) == 0, "continue a child");
    else answer(c); /* it is in read() */
    c->stopped = 0;
}

/* The message comes before the sleep, and the two share a CPU with us: we must truly sleep. */
static void confirm_asleep(struct child *c) {
    struct timespec backoff = {0, 6000};
    char text[128], *name_end;
    for (;; backoff.tv_nsec *= 2) { /* too short a sleep would starve the child */
        nanosleep(&backoff, NULL);
        ssize_t length = pread(c->stat, text, sizeof text - 1, 0);
        check(length > 0, "read the state of a child");
        text[length] = 0;
        name_end = strrchr(text, ')'); /* the letter follows */
        if (name_end && name_end[2] == 'S') return;
    }
}

static void confirm_exit(struct child *c) {
    siginfo_t info;
    check(waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOWAIT) == 0, "see a child exit");
    check(info.si_code == CLD_EXITED && info.si_status == 0, "take that for a good end");
    c->cpu_ns = clock_ns(c->clock) - c->start_ns;
}

/* On the children's CPU: real-time where that is allowed, else with a slice shorter than theirs.
 * Both are reset on fork (flag 1), or the children would have them, too. */
static void take_seat(int cpu) {
    struct { /* sched_attr of <linux/sched/types.h>, which not every <sched.h> gets along with */
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } fifo = {sizeof fifo, SCHED_FIFO, 1, 0, 1, 0, 0, 0},
      brief = {sizeof brief, SCHED_OTHER, 1, getpriority(PRIO_PROCESS, 0), 0, 100000, 0, 0};
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set); /* out of range it sets nothing, and that is refused */
    check(sched_setaffinity(0, sizeof set, &set) == 0, "move to that CPU");
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    if (syscall(SYS_sched_setattr, 0, &fifo, 0) != 0) syscall(SYS_sched_setattr, 0, &brief, 0);
}

/* Brings a child to its first confirmed stop. Its first byte waits in the pipe by then. */
static void raise_child(struct child *c, uint64_t tick_ns, uint64_t ios) {
    int requests[2], answers[2];
    char path[64];
    check(pipe(requests) == 0 && pipe(answers) == 0, "create a pipe");
    check((c->pid = fork()) >= 0, "fork");
    if (c->pid == 0) work(requests[1], answers[0], tick_ns, ios);
    close(requests[1]); /* so that hear() ends when the child does */
    close(answers[0]);
    c->requests = requests[0], c->answers = answers[1];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)c->pid);
    check((c->stat = open(path, O_RDONLY)) >= 0, "open /proc/PID/stat");
    check((errno = clock_getcpuclockid(c->pid, &c->clock)) == 0, "find the clock of a child");
    check(hear(c).what == READY_TO_START, "understand a child");
    stop(c);
    c->start_ns = clock_ns(c->clock); /* start-up is not work */
    answer(c);
}

/* Has the kernel record when each child gets the CPU, as timeshare does. The ring is read at the
 * end only, hence large: 24 bytes a record, and others may cut ticks into many pieces. */
static void record_switches(int cpu) {
    struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attr,
        .config = PERF_COUNT_SW_DUMMY, .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
        .exclude_kernel = 1, .exclude_hv = 1, .sample_id_all = 1, .context_switch = 1,
        .use_clockid = 1, .clockid = CLOCK_MONOTONIC};
    int fds[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) {
        fds[i] = (int)syscall(SYS_perf_event_open, &attr, children[i].pid, cpu, -1, 0);
        if (fds[i] < 0) return;
    }
    void *map = MAP_FAILED; /* how much may be locked depends on the machine */
    page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    for (ring_bytes = 8 << 20; map == MAP_FAILED && ring_bytes / 2 > page_bytes;)
        map = mmap(NULL, page_bytes + (ring_bytes /= 2), PROT_READ | PROT_WRITE, MAP_SHARED,
                   fds[0], 0);
    if (map == MAP_FAILED) return;
    for (int i = 1; i < CHILDREN; i++)
        check(ioctl(fds[i], PERF_EVENT_IOC_SET_OUTPUT, fds[0]) == 0, "share the ring");
    ring = map;
}

/* Turns the latencies into those from the ends of ticks to the switches. How many. */
static size_t read_switches(void) {
    size_t found = 0, next = 0;
    if (!ring) return handover_count; /* they stay those until the calls returned */
    struct { struct perf_event_header header; uint32_t pid, tid; uint64_t ns; } record;
    uint64_t head = __atomic_load_n(&((struct perf_event_mmap_page *)ring)->data_head,
                                    __ATOMIC_ACQUIRE);
    errno = ENOBUFS;
    check(head + 64 <= ring_bytes, "keep the record of all context switches");
    for (uint64_t at = 0; at < head; at += record.header.size) {
        memcpy(&record, ring + page_bytes + at, sizeof record);
        if (record.header.type != PERF_RECORD_SWITCH ||
            (record.header.misc & PERF_RECORD_MISC_SWITCH_OUT))
            continue;
        /* A switch missing from the record must not be taken from a later tick. */
        while (next < handover_count && record.ns > handovers[next].tick_end_ns) next++;
        if (next < handover_count && record.ns >= handovers[next].decided_ns &&
            record.tid == (uint32_t)children[handovers[next].to].pid)
            latencies[found++] = record.ns - handovers[next++].decided_ns;
    }
    return found;
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    long tick_us = argc == 4 ? atol(argv[1]) : 0, ios = argc == 4 ? atol(argv[2]) : 0;
    if (tick_us < 1 || tick_us > 10000000 || ios < 1 || ios > 10000) {
        fputs("usage: peer TICK_US IOS CPU\n", stderr);
        return 2;
    }
    int cpu = atoi(argv[3]);
    uint64_t tick_ns = (uint64_t)tick_us * 1000, ticks = 2 * CHILDREN * (uint64_t)ios;
    latencies = calloc(ticks, sizeof *latencies);
    handovers = calloc(ticks, sizeof *handovers);
    check(latencies && handovers, "get memory");
    supervisor = getpid();
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the exits from us */
    signal(SIGPIPE, SIG_IGN);
    atexit(kill_all);
    alarm((unsigned)(60 + ticks * tick_ns / 100000000)); /* ends us, should anything hang */
    take_seat(cpu);
    for (int i = 0; i < CHILDREN; i++) raise_child(&children[i], tick_ns, (uint64_t)ios);
    record_switches(cpu);
    errno = 0;

    uint64_t origin_ns = clock_ns(CLOCK_MONOTONIC), end_ns = origin_ns;
    int running = 0, before = NOBODY;
    for (uint64_t tick = 1, alive = CHILDREN; alive > 0; tick++) {
        for (int i = 0; i < CHILDREN; i++) {
            struct child *c = &children[i];
            if (c->state != BLOCKED || c->due > tick) continue;
            c->state = READY;
            if (running == NOBODY) {
                running = i; /* it is answered below, and that makes it run */
                continue;
            }
            /* To stop, a sleeper needs the CPU for a moment: the process that has it must not
             * run ahead meanwhile. And it stops before the answer, or that would make it run. */
            if (!children[running].stopped) stop(&children[running]);
            stop(c);
            answer(c);
        }
        check(running != NOBODY, "go on: an idle tick, which these programs do not have");
        struct child *c = &children[running];
        uint64_t decided_ns = end_ns;
        if (c->state != RUNNING || c->stopped) let_go(c);
        c->state = RUNNING;
        uint64_t returned_ns = clock_ns(CLOCK_MONOTONIC);
        struct message m = hear(c);
        end_ns = clock_ns(CLOCK_MONOTONIC);
        if (before != NOBODY && before != running) {
            latencies[handover_count] = returned_ns - decided_ns;
            handovers[handover_count++] = (struct handover){running, decided_ns, end_ns};
        }
        before = running;
        if (m.what == IO) {
            confirm_asleep(c);
            c->state = BLOCKED;
            c->due = tick + 1 + IO_LENGTH;
        } else if (m.remaining == 0) {
            confirm_exit(c);
            c->state = ZOMBIE;
            /* What it takes to exit behind the last tick is not within the wall time. */
            if (--alive == 0) c->cpu_ns = m.cpu_ns - c->start_ns;
        } else {
            continue; /* with the same one */
        }
        running = children[!running].state == READY ? !running : NOBODY;
    }

    size_t count = read_switches();
    uint64_t cpu_ns = 0;
    for (struct child *c = children; c < children + CHILDREN; c++) {
        cpu_ns += c->cpu_ns;
        waitpid(c->pid, NULL, 0);
        c->pid = 0;
    }
    qsort(latencies, count, sizeof *latencies, ascending);
    uint64_t rank[3] = {(count * 50 + 99) / 100, (count * 99 + 99) / 100, count};
    for (int i = 0; i < 3; i++) rank[i] = count ? latencies[rank[i] - 1] : 0;
    printf("{\"tick_ns\":%" PRIu64 ",\"cpu_utilization\":%.6f,\"handover\":{\"count\":%zu,"
           "\"p50_ns\":%" PRIu64 ",\"p99_ns\":%" PRIu64 ",\"max_ns\":%" PRIu64
           ",\"until\":\"%s\"}}\n", tick_ns, (double)cpu_ns / (double)(end_ns - origin_ns), count,
           rank[0], rank[1], rank[2], ring ? "switch" : "call_returned");
    return 0;
}
