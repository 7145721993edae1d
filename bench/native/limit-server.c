/*
 * The limit: the frames of Greetwire served by one thread of C with epoll, and nothing else.
 *
 * It frames correctly (frames cut anywhere, writes the kernel takes in part) and answers NAME with `Hello ` + name and PING with
 * PONG, and a HELLO with a WELCOME; anything else closes the connection. It validates no text, has no timers, limits or drain: what a real server costs above
 * this is the price of those and of its runtime. Usage: limit-server; prints the port it listens on; ends with its standard input.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 8, HELLO = 1, NAME = 3, GREETING = 4, PING = 6, PONG = 7, MAX_NAME = 1024, READ_BYTES = 1 << 16 };

/* A NAME of one byte, 9 bytes, becomes a GREETING of 15. */
enum { OUTPUT_BYTES = (READ_BYTES + HEADER + MAX_NAME) * 2 };

typedef struct {
  int fd;
  uint32_t last;
  uint32_t kept;   /* bytes of an unfinished frame */
  uint32_t unsent; /* bytes that the kernel did not take; nothing is read until they are gone */
  uint8_t *rest;
  uint8_t frame[HEADER + MAX_NAME];
} Connection;

/* Version 1, names of 1,024 bytes, payloads of 4,096, 65,536 requests in flight, no idle timer, no agent. */
static const uint8_t welcome[HEADER + 16] = {0, 0, 16, 2, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 16, 0, 0, 1, 0, 0, 0, 0, 0, 0};

static uint8_t input[HEADER + MAX_NAME + READ_BYTES];
static uint8_t output[OUTPUT_BYTES];
static int poller;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void watch(Connection *connection, uint32_t events, int operation) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (epoll_ctl(poller, operation, connection->fd, &event) < 0) fail("epoll_ctl");
}

static void drop(Connection *connection) {
  close(connection->fd);
  free(connection->rest);
  free(connection);
}

/* Answers the whole frames of `input[0, length)`. Returns the bytes of output, or -1 for a frame that is not allowed. */
static long answer(Connection *connection, uint32_t length, uint32_t *consumed) {
  uint32_t at = 0;
  uint8_t *out = output;
  while (length - at >= HEADER) {
    const uint8_t *frame = input + at;
    uint32_t payload = (uint32_t)frame[0] << 16 | (uint32_t)frame[1] << 8 | frame[2];
    uint32_t id;
    memcpy(&id, frame + 4, 4);
    id = ntohl(id);
    if (payload > MAX_NAME) return -1;
    if (length - at < HEADER + payload) break;
    if (frame[3] == NAME && id > connection->last && payload > 0) {
      uint32_t greeting = payload + 6;
      connection->last = id;
      out[0] = 0;
      out[1] = greeting >> 8;
      out[2] = greeting;
      out[3] = GREETING;
      memcpy(out + 4, frame + 4, 4);
      memcpy(out + HEADER, "Hello ", 6);
      memcpy(out + HEADER + 6, frame + HEADER, payload);
      out += HEADER + greeting;
    } else if (frame[3] == PING && payload == 0) {
      memcpy(out, frame, HEADER);
      out[3] = PONG;
      out += HEADER;
    } else if (frame[3] == HELLO && connection->last == 0) {
      memcpy(out, welcome, sizeof welcome);
      out += sizeof welcome;
    } else {
      return -1;
    }
    at += HEADER + payload;
  }
  *consumed = at;
  return out - output;
}

static void readable(Connection *connection) {
  memcpy(input, connection->frame, connection->kept);
  ssize_t count = read(connection->fd, input + connection->kept, READ_BYTES);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) return drop(connection);
  uint32_t length = connection->kept + (uint32_t)count, consumed = 0;
  long produced = answer(connection, length, &consumed);
  if (produced < 0) return drop(connection);
  connection->kept = length - consumed;
  memcpy(connection->frame, input + consumed, connection->kept);
  if (produced == 0) return;
  ssize_t sent = write(connection->fd, output, (size_t)produced);
  if (sent < 0 && errno != EAGAIN) return drop(connection);
  if (sent < 0) sent = 0;
  connection->unsent = (uint32_t)(produced - sent);
  if (connection->unsent == 0) return;
  connection->rest = malloc(connection->unsent);
  memcpy(connection->rest, output + sent, connection->unsent);
  watch(connection, EPOLLOUT, EPOLL_CTL_MOD);
}

static void writable(Connection *connection) {
  ssize_t sent = write(connection->fd, connection->rest, connection->unsent);
  if (sent < 0 && errno == EAGAIN) return;
  if (sent < 0) return drop(connection);
  connection->unsent -= (uint32_t)sent;
  memmove(connection->rest, connection->rest + sent, connection->unsent);
  if (connection->unsent > 0) return;
  free(connection->rest);
  connection->rest = NULL;
  watch(connection, EPOLLIN, EPOLL_CTL_MOD);
}

static void acceptAll(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), yes = 1;
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    Connection *connection = calloc(1, sizeof *connection);
    connection->fd = fd;
    watch(connection, EPOLLIN, EPOLL_CTL_ADD);
  }
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 4096) < 0) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &size);
  poller = epoll_create1(EPOLL_CLOEXEC);
  Connection accepting = {.fd = listener}, owner = {.fd = STDIN_FILENO};
  watch(&accepting, EPOLLIN, EPOLL_CTL_ADD);
  watch(&owner, EPOLLIN, EPOLL_CTL_ADD);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    struct epoll_event events[256];
    int count = epoll_wait(poller, events, 256, -1);
    for (int index = 0; index < count; index++) {
      Connection *connection = events[index].data.ptr;
      if (connection == &accepting) acceptAll(listener);
      else if (connection == &owner) return 0;
      else if (events[index].events & EPOLLOUT) writable(connection);
      else readable(connection);
    }
  }
}
