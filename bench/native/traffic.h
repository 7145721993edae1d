/*
 * The connections of the load: sends requests as the pace allows, verifies every reply, measures.
 *
 * Closed loop: a connection keeps `depth` requests out and sends the next when a reply comes. Fixed rate: requests fall due by the
 * clock, whatever the server does, and a reply is measured from when its request was due, not from when it could be sent; so a
 * server that stops for a second pays for every request of that second (no coordinated omission). One that has no reply at the end
 * is measured until then, in both modes.
 */

#define _GNU_SOURCE
#include "exchange.h"
#include "histogram.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  int fd;
  enum { CONNECTING, OPENING, OPEN } state;
  int sendsRequests; /* an idle connection does not */
  uint64_t connectedAt;
  uint32_t nextId, expectedId, dueId; /* requests are numbered from 1 */
  uint32_t outstanding;
  uint64_t *startedAt; /* of each request that is out or due, by id; 0: none */
  uint32_t kept, unsentLength;
  uint8_t *unsent;
  char label[11]; /* ten digits: its inbox, where all connections of all loads share one name space */
  uint8_t tail[TEMPLATE_BYTES];
} Connection;

typedef struct {
  Exchange exchange;
  struct sockaddr_in server;
  uint32_t depth, slots; /* slots: a power of two */
  int fixedRate, churn, spin;
  int poller;
  uint64_t errors, opened, answered, unanswered, idleNanoseconds;
  Histogram histogram;
} Traffic;

enum { READ_BYTES = 1 << 18, WRITE_BYTES = 1 << 18, UNSENT_BYTES = WRITE_BYTES + TEMPLATE_BYTES };
static uint8_t input[TEMPLATE_BYTES + READ_BYTES], output[WRITE_BYTES];

static uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void watch(Traffic *traffic, Connection *connection, uint32_t events, int operation) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (epoll_ctl(traffic->poller, operation, connection->fd, &event) < 0) fail("epoll_ctl");
}

static void connectNow(Traffic *traffic, Connection *connection) {
  int yes = 1;
  connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (connection->fd < 0) fail("socket");
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  connection->state = CONNECTING;
  connection->nextId = connection->expectedId = connection->dueId = 1;
  connection->outstanding = connection->kept = connection->unsentLength = 0;
  if (connection->startedAt) memset(connection->startedAt, 0, traffic->slots * sizeof(uint64_t));
  connection->connectedAt = nanoseconds();
  if (connect(connection->fd, (struct sockaddr *)&traffic->server, sizeof traffic->server) < 0 && errno != EINPROGRESS)
    fail("connect");
  watch(traffic, connection, EPOLLOUT, EPOLL_CTL_ADD);
}

static void sendBytes(Traffic *traffic, Connection *connection, const uint8_t *bytes, uint32_t length) {
  if (connection->unsentLength > 0) { /* only what answers a call comes here meanwhile; it waits for its turn */
    if (connection->unsentLength + length > UNSENT_BYTES) fail("the server calls without end");
    memcpy(connection->unsent + connection->unsentLength, bytes, length);
    connection->unsentLength += length;
    return;
  }
  ssize_t sent = write(connection->fd, bytes, length);
  if (sent < 0 && errno != EAGAIN) fail("the server closed a connection while we were writing");
  if (sent < 0) sent = 0;
  if ((uint32_t)sent == length) return;
  connection->unsentLength = length - (uint32_t)sent;
  if (!connection->unsent) connection->unsent = malloc(UNSENT_BYTES);
  memcpy(connection->unsent, bytes + sent, connection->unsentLength);
  watch(traffic, connection, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
}

/* Sends as many requests as depth and pace allow, in one write. */
static void sendRequests(Traffic *traffic, Connection *connection, uint64_t now) {
  Template *request = &traffic->exchange.request;
  if (request->labelAt >= 0) memcpy(request->bytes + request->labelAt, connection->label, 10);
  uint32_t mask = traffic->slots - 1, length = 0;
  if (connection->unsentLength > 0) return;
  while (connection->outstanding < traffic->depth && length + (uint32_t)request->length <= WRITE_BYTES) {
    uint32_t id = connection->nextId;
    if (traffic->fixedRate && id == connection->dueId) break;
    if (!traffic->fixedRate) {
      if (connection->startedAt[id & mask] != 0) break; /* an answer that is far overdue: wait for it */
      connection->startedAt[id & mask] = traffic->churn ? connection->connectedAt : now;
    }
    memcpy(output + length, request->bytes, (size_t)request->length);
    if (request->idAt >= 0) {
      uint32_t wire = htonl(id);
      memcpy(output + length + request->idAt, &wire, 4);
    }
    length += (uint32_t)request->length;
    connection->nextId++;
    connection->outstanding++;
  }
  if (length > 0) sendBytes(traffic, connection, output, length);
}

/* Notes that one more request of this connection is due. Returns 0 if too many are already. */
static int fallDue(Traffic *traffic, Connection *connection, uint64_t at) {
  uint64_t *startedAt = &connection->startedAt[connection->dueId & (traffic->slots - 1)];
  if (*startedAt != 0) return 0;
  *startedAt = at;
  connection->dueId++;
  return 1;
}

/* Notes a request that took at least until `now`. */
static void leaveUnanswered(Traffic *traffic, uint64_t startedAt, uint64_t now) {
  record(&traffic->histogram, now > startedAt ? now - startedAt : 0);
  traffic->unanswered++;
}

static int isReply(const Template *reply, const uint8_t *bytes) {
  if (reply->idAt < 0) return memcmp(bytes, reply->bytes, (size_t)reply->length) == 0;
  int behind = reply->idAt + 4;
  return memcmp(bytes, reply->bytes, (size_t)reply->idAt) == 0 &&
         memcmp(bytes + behind, reply->bytes + behind, (size_t)(reply->length - behind)) == 0;
}

static void wrong(Traffic *traffic, const uint8_t *bytes, const char *why) {
  if (traffic->errors++ > 0) return;
  fprintf(stderr, "load: %s, wanted\n ", why);
  for (int index = 0; index < traffic->exchange.reply.length && index < 32; index++)
    fprintf(stderr, " %02x", traffic->exchange.reply.bytes[index]);
  fprintf(stderr, " (with an id where there is one), got\n ");
  for (int index = 0; index < traffic->exchange.reply.length && index < 32; index++) fprintf(stderr, " %02x", bytes[index]);
  fprintf(stderr, "\n");
}

/* Takes every whole reply of `input[0, length)`; returns how many bytes that were. */
static uint32_t takeReplies(Traffic *traffic, Connection *connection, uint32_t length, uint64_t now) {
  Exchange *exchange = &traffic->exchange;
  Template *reply = &exchange->reply;
  if (reply->labelAt >= 0) memcpy(reply->bytes + reply->labelAt, connection->label, 10);
  uint32_t at = 0, size = (uint32_t)reply->length;
  for (;;) {
    const uint8_t *bytes = input + at;
    size_t call = exchange->call ? strlen(exchange->call) : 0;
    if (call && length - at >= call && !memcmp(bytes, exchange->call, call)) {
      sendBytes(traffic, connection, (const uint8_t *)exchange->response, (uint32_t)strlen(exchange->response));
      at += (uint32_t)call;
      continue;
    }
    if (length - at < size) return at;
    uint32_t id = connection->expectedId++;
    if (reply->idAt >= 0) {
      memcpy(&id, bytes + reply->idAt, 4);
      id = ntohl(id);
    }
    uint64_t *startedAt = &connection->startedAt[id & (traffic->slots - 1)];
    if (!isReply(reply, bytes)) wrong(traffic, bytes, "a reply is not what was asked for");
    else if (*startedAt == 0 || connection->outstanding == 0 || connection->nextId - 1 - id >= traffic->slots)
      wrong(traffic, bytes, "a reply to no request");
    else {
      record(&traffic->histogram, now > *startedAt ? now - *startedAt : 0);
      traffic->answered++;
      *startedAt = 0;
      connection->outstanding--;
    }
    at += size;
  }
}

static void readReplies(Traffic *traffic, Connection *connection) {
  memcpy(input, connection->tail, connection->kept);
  ssize_t count = read(connection->fd, input + connection->kept, READ_BYTES);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) fail("the server closed a connection");
  uint64_t now = nanoseconds();
  uint32_t length = connection->kept + (uint32_t)count, taken = 0;
  if (connection->state == OPENING) {
    const char *opened = traffic->exchange.opened;
    uint8_t *found = memmem(input, length, opened, strlen(opened));
    if (found) {
      connection->state = OPEN;
      traffic->opened++;
      taken = (uint32_t)(found - input) + (uint32_t)strlen(opened);
      /* A nats server may call at once. */
      memmove(input, input + taken, length - taken);
      length -= taken;
      taken = connection->sendsRequests ? takeReplies(traffic, connection, length, now) : length;
    }
  } else if (connection->sendsRequests) {
    taken = takeReplies(traffic, connection, length, now);
  } else {
    taken = length; /* the server says something to an idle connection: a nats PING */
  }
  connection->kept = length - taken;
  if (connection->kept > TEMPLATE_BYTES) fail("the reply to the opening is too long");
  memcpy(connection->tail, input + taken, connection->kept);
  if (traffic->churn && connection->nextId > 1 && connection->outstanding == 0) {
    close(connection->fd);
    connectNow(traffic, connection);
  } else if (connection->state == OPEN && connection->sendsRequests) {
    sendRequests(traffic, connection, now);
  }
}

static void sendOpening(Traffic *traffic, Connection *connection) {
  char opening[sizeof traffic->exchange.opening];
  int length = snprintf(opening, sizeof opening, traffic->exchange.opening, connection->label);
  sendBytes(traffic, connection, (uint8_t *)opening, (uint32_t)length);
}

static void becomeWritable(Traffic *traffic, Connection *connection) {
  if (connection->state == CONNECTING) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    errno = error;
    if (error) fail("connect");
    watch(traffic, connection, EPOLLIN, EPOLL_CTL_MOD);
    connection->state = traffic->exchange.opening[0] ? OPENING : OPEN;
    if (connection->state == OPEN) traffic->opened++;
    else sendOpening(traffic, connection);
  } else if (connection->unsentLength > 0) {
    ssize_t sent = write(connection->fd, connection->unsent, connection->unsentLength);
    if (sent < 0 && errno != EAGAIN) fail("the server closed a connection while we were writing");
    if (sent <= 0) return;
    connection->unsentLength -= (uint32_t)sent;
    memmove(connection->unsent, connection->unsent + sent, connection->unsentLength);
    if (connection->unsentLength > 0) return;
    watch(traffic, connection, EPOLLIN, EPOLL_CTL_MOD);
  }
  if (connection->state == OPEN && connection->sendsRequests) sendRequests(traffic, connection, nanoseconds());
}
