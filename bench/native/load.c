/*
 * The load generator: one thread with epoll that drives one server and prints what it saw as one line of JSON.
 *
 *   load --port P [--protocol greet|ping|echo|redis|nats|ws] [--connections 64] [--depth 16] [--name-bytes 3] [--non-ascii 1]
 *        [--seconds 1] [--warmup 0.2] [--rate 0] [--churn 1] [--idle 0] [--spin 1] [--server-pids 12,34]
 *
 * --rate is requests per second over all connections, 0 is a closed loop. --churn opens a connection for each request and measures
 * from connect to greeting. --idle opens that many more connections, which stay silent. --spin never sleeps, so that no server pays
 * for waking the load; it wants a core of its own. --server-pids are the processes whose CPU time is reported, of the measured time
 * alone.
 *
 * What is out or due at the end counts with the time that passed since then, as `unanswered`. Exit 1: a connection was lost, or no
 * request was answered. Exit 3: a reply was wrong.
 */

#include "traffic.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

typedef struct {
  const char *protocol, *serverPids;
  double port, connections, depth, nameBytes, nonAscii, seconds, warmup, rate, churn, idle, spin;
} Options;

static Options readOptions(int count, char **words) {
  Options options = {.protocol = "greet", .serverPids = "", .connections = 64, .depth = 16, .nameBytes = 3, .seconds = 1, .warmup = 0.2};
  const char *names[] = {"--port",    "--connections", "--depth", "--name-bytes", "--non-ascii",
                         "--seconds", "--warmup",      "--rate",  "--churn",      "--idle", "--spin"};
  double *values[] = {&options.port,    &options.connections, &options.depth, &options.nameBytes, &options.nonAscii,
                      &options.seconds, &options.warmup,      &options.rate,  &options.churn,     &options.idle, &options.spin};
  for (int index = 1; index + 1 < count; index += 2) {
    int known = 1;
    if (!strcmp(words[index], "--protocol")) options.protocol = words[index + 1];
    else if (!strcmp(words[index], "--server-pids")) options.serverPids = words[index + 1];
    else known = 0;
    for (int name = 0; name < 11; name++)
      if (!strcmp(words[index], names[name])) known = 1, *values[name] = atof(words[index + 1]);
    if (!known) fprintf(stderr, "load: there is no option %s\n", words[index]), exit(2);
  }
  return options;
}

/* `Ada`, continued to the length wanted; or two-byte letters, with one ASCII letter where the length is odd. */
static void makeName(char *name, int length, int nonAscii) {
  for (int index = 0; index < length; index++) name[index] = "Ada Lovelace "[index % 13];
  if (!nonAscii) return;
  for (int index = length % 2; index < length; index += 2) memcpy(name + index, "\xc3\xa9", 2);
}

static double cpuSeconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* CPU time that processes used so far, all threads of theirs together. The kernel counts it at each tick: 4 ms may be missing. */
static double cpuSecondsOf(const char *pids) {
  double seconds = 0;
  for (char *at = (char *)pids; *at; at += *at == ',') {
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid((pid_t)strtol(at, &at, 10), &clock) || clock_gettime(clock, &used)) fail("--server-pids");
    seconds += (double)used.tv_sec + (double)used.tv_nsec / 1e9;
  }
  return seconds;
}

static Connection *makeConnections(Traffic *traffic, uint32_t senders, uint32_t all) {
  Connection *connections = calloc(all, sizeof *connections);
  for (uint32_t index = 0; index < all; index++) {
    connections[index].sendsRequests = index < senders;
    snprintf(connections[index].label, 11, "%05u%05u", (uint32_t)getpid() % 100000, index % 100000);
    if (index < senders) connections[index].startedAt = calloc(traffic->slots, sizeof(uint64_t));
    connectNow(traffic, &connections[index]);
  }
  return connections;
}

/* Looks for events again and again until `deadline`, and counts the time in which there were none. */
static int spinUntil(Traffic *traffic, struct epoll_event *events, uint64_t deadline) {
  uint64_t began = nanoseconds(), now = began;
  for (;;) {
    int count = epoll_wait(traffic->poller, events, 256, 0);
    if (count == 0 && (now = nanoseconds()) < deadline) continue;
    traffic->idleNanoseconds += now - began;
    return count;
  }
}

/* Handles what happens until `deadline`, which may have passed. */
static void runUntil(Traffic *traffic, uint64_t deadline) {
  struct epoll_event events[256];
  uint64_t now = nanoseconds(), left = deadline > now ? deadline - now : 0;
  struct timespec timeout = {.tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u)};
  int count = traffic->spin ? spinUntil(traffic, events, deadline) : epoll_pwait2(traffic->poller, events, 256, &timeout, NULL);
  for (int index = 0; index < count; index++) {
    Connection *connection = events[index].data.ptr;
    uint32_t happened = events[index].events;
    uint64_t connectedAt = connection->connectedAt; /* a churning connection may be another one after the first call */
    if (happened & (EPOLLIN | EPOLLHUP | EPOLLERR) && connection->state != CONNECTING) readReplies(traffic, connection);
    if (happened & (EPOLLOUT | EPOLLHUP | EPOLLERR) && connection->connectedAt == connectedAt) becomeWritable(traffic, connection);
  }
}

/* Lets every request fall due that should have by now, on the connections in turn. */
static uint64_t keepRate(Traffic *traffic, Connection *connections, uint32_t senders, double perSecond, uint64_t since,
                         uint64_t sent) {
  uint64_t now = nanoseconds();
  double interval = 1e9 / perSecond;
  for (; since + (uint64_t)((double)sent * interval) <= now; sent++) {
    Connection *connection = &connections[sent % senders];
    if (!fallDue(traffic, connection, since + (uint64_t)((double)sent * interval))) break;
    sendRequests(traffic, connection, now);
  }
  return sent;
}

/* A request that is out or due took at least until now; a connection that still opens, at least since it began to. */
static void countUnanswered(Traffic *traffic, const Connection *connections, uint32_t senders, uint64_t now) {
  for (uint32_t index = 0; index < senders; index++) {
    const Connection *connection = &connections[index];
    for (uint32_t slot = 0; slot < traffic->slots; slot++)
      if (connection->startedAt[slot] != 0) leaveUnanswered(traffic, connection->startedAt[slot], now);
    if (traffic->churn && connection->nextId == 1) leaveUnanswered(traffic, connection->connectedAt, now);
  }
}

static void report(const Traffic *traffic, double seconds, double cpu, double serverCpu) {
  const Histogram *latency = &traffic->histogram;
  const uint64_t shares[] = {5000, 7500, 9000, 9900, 9990, 9999};
  const char *names[] = {"p50", "p75", "p90", "p99", "p999", "p9999"};
  printf("{\"requests\":%llu,\"unanswered\":%llu,\"seconds\":%.6f,\"perSecond\":%.1f,\"errors\":%llu,\"loadBusy\":%.3f,"
         "\"serverCpu\":%.4f,\"latencyUs\":{",
         (unsigned long long)traffic->answered, (unsigned long long)traffic->unanswered, seconds,
         (double)traffic->answered / seconds, (unsigned long long)traffic->errors,
         traffic->spin ? 1 - (double)traffic->idleNanoseconds / 1e9 / seconds : cpu / seconds, serverCpu / seconds);
  for (int index = 0; index < 6; index++)
    printf("\"%s\":%.1f,", names[index], (double)percentile(latency, shares[index]) / 1e3);
  printf("\"max\":%.1f}}\n", (double)latency->max / 1e3);
}

int main(int count, char **words) {
  static Traffic traffic;
  static char name[TEMPLATE_BYTES];
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1); /* nanoseconds; the default, 50 µs, would be part of every latency */
  Options options = readOptions(count, words);
  uint32_t senders = (uint32_t)options.connections, all = senders + (uint32_t)options.idle;
  makeName(name, (int)options.nameBytes, options.nonAscii != 0);
  describe(&traffic.exchange, options.protocol, name, (int)options.nameBytes);
  traffic.server = (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons((uint16_t)options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  traffic.churn = options.churn != 0;
  traffic.spin = options.spin != 0;
  traffic.depth = traffic.churn ? 1 : (uint32_t)options.depth;
  traffic.poller = epoll_create1(0);
  for (traffic.slots = 64; traffic.slots < traffic.depth * 8;) traffic.slots *= 2;
  /* At a fixed rate, two seconds of requests may be overdue before the load gives up on being exact. */
  if (options.rate > 0)
    while (traffic.slots < options.rate * 2 / senders) traffic.slots *= 2;
  traffic.fixedRate = options.rate > 0;

  Connection *connections = makeConnections(&traffic, senders, all);
  if (!traffic.churn)
    for (uint64_t since = nanoseconds(); traffic.opened < all; runUntil(&traffic, nanoseconds() + 1000000000u))
      if (nanoseconds() - since > 30000000000u) fprintf(stderr, "load: the server does not answer\n"), exit(1);
  uint64_t began = nanoseconds(), measured = began + (uint64_t)(options.warmup * 1e9), due = 0;
  uint64_t end = measured + (uint64_t)(options.seconds * 1e9);
  double cpu = cpuSeconds(), serverCpu = cpuSecondsOf(options.serverPids);
  int warm = 0;
  for (uint64_t now = began; now < end; now = nanoseconds()) {
    if (!warm && now >= measured) {
      warm = 1;
      measured = now;
      cpu = cpuSeconds();
      serverCpu = cpuSecondsOf(options.serverPids);
      traffic.idleNanoseconds = traffic.answered = 0;
      memset(&traffic.histogram, 0, sizeof traffic.histogram);
    }
    uint64_t next = end;
    if (traffic.fixedRate) {
      due = keepRate(&traffic, connections, senders, options.rate, began, due);
      next = began + (uint64_t)((double)due * 1e9 / options.rate);
    }
    runUntil(&traffic, warm ? next : (next < measured ? next : measured));
  }
  uint64_t now = nanoseconds();
  countUnanswered(&traffic, connections, senders, now);
  /* What no connection had room for any more was due all the same. */
  for (uint64_t at; options.rate > 0 && (at = began + (uint64_t)((double)due * 1e9 / options.rate)) < end; due++)
    leaveUnanswered(&traffic, at, now);
  report(&traffic, (double)(now - measured) / 1e9, cpuSeconds() - cpu, cpuSecondsOf(options.serverPids) - serverCpu);
  if (traffic.errors > 0) return 3;
  if (traffic.answered == 0) fprintf(stderr, "load: no request was answered\n");
  return traffic.answered == 0;
}
