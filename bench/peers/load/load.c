// load SIDE PORT TOKENS CONNECTIONS MODE ...: opens WebSockets to one of the two sides, and measures what arrives.
//
//   SIDE         `stepcast`, or `node` for Socket.IO
//   TOKENS       a file with one token a line; the connections take them in turn
//   run FILE ARRIVALS       connection 0 sends the command in FILE, the others watch its job until the verdict
//   watch JOB               all connections watch a job until the verdict
//   ask WHAT SECONDS MOST   each connection sends `ping` or `jobs`, and again when it has the answer, up to MOST times
//   idle                    nothing, until standard input ends
//
// It writes a line of JSON after each stage. When all connections are open, it waits for a line on standard input, so
// that the caller can read the servers' processor time in between. One thread, so that the servers keep their cores.
#define _GNU_SOURCE
#include "fail.h"
#include "websocket.h"
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum state { CONNECTING, UPGRADING, JOINING, READY };

struct connection {
  int socket;
  enum state state;
  char *rest;  // the start of a frame whose end has not arrived
  size_t rest_length;
  uint32_t command;  // the id of the newest command
  uint64_t asked_at;
  bool answered, finished;
};

// One line of the file ARRIVALS.
struct arrival {
  uint32_t kind;  // 0: `step.finished`, 1: `test.finished`
  uint32_t test;
  uint32_t step;
  uint32_t connection;
  uint64_t at;  // nanoseconds of the monotonic clock
};

enum { OPENING_AT_ONCE = 64, LARGEST_FRAME = 32000, BUFFER = 8 << 20, DEADLINE_SECONDS = 900 };

static bool is_node;
static int port, poller;
static char **tokens;
static size_t token_count;
static struct connection *connections;
static uint32_t connection_count, opened, ready, answered, finished;
static const char *mode, *question = "", *arrivals_file;
static char job[80], verdict[32];
static struct {
  uint64_t events, frames, bytes, steps, tests, passed;
} seen;
static uint8_t *results;  // for each test, whether connection 0 has its result
static uint32_t results_capacity, distinct_results;
static struct arrival *arrivals;
static size_t arrival_count, arrival_capacity;
static uint64_t *delays;
static size_t delay_count, delay_capacity;
static uint64_t asking_until, finished_at, answered_at;
static uint32_t most;
static bool told;  // a line has come on standard input, or its end

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static double seconds_since(uint64_t start) { return (double)(now() - start) / 1e9; }

static void *grown(void *items, size_t count, size_t *capacity, size_t size) {
  if (count < *capacity) return items;
  *capacity = *capacity ? *capacity * 2 : 65536;
  items = realloc(items, *capacity * size);
  if (!items) fail("no memory for %zu items", *capacity);
  return items;
}

// --- Commands

static void send_command(struct connection *connection, const char *text, size_t length) {
  // API Gateway, and so Stepcast, takes frames of at most 32 KB. Socket.IO has no such limit.
  send_text(connection->socket, text, length, is_node ? SIZE_MAX : LARGEST_FRAME);
}

static void watch(struct connection *connection) {
  char text[256];
  const char *form = is_node ? "42%" PRIu32 "[\"watch\",\"%s\"]"
                             : "{\"action\":\"watch\",\"id\":%" PRIu32 ",\"job\":\"%s\"}";
  int length = snprintf(text, sizeof text, form, ++connection->command, job);
  send_command(connection, text, (size_t)length);
}

static void ask(struct connection *connection) {
  char text[128];
  bool is_ping = !strcmp(question, "ping");
  const char *form = is_node ? (is_ping ? "42%" PRIu32 "[\"ping\"]" : "42%" PRIu32 "[\"jobs\",{\"limit\":1}]")
                             : (is_ping ? "{\"action\":\"ping\",\"id\":%" PRIu32 "}"
                                        : "{\"action\":\"jobs\",\"limit\":1,\"id\":%" PRIu32 "}");
  int length = snprintf(text, sizeof text, form, ++connection->command);
  connection->asked_at = now();
  send_command(connection, text, (size_t)length);
}

// --- What arrives

static bool starts_with(const char *text, size_t length, const char *start) {
  size_t size = strlen(start);
  return length >= size && !memcmp(text, start, size);
}

static uint32_t number_after(const char *text, size_t length, const char *key) {
  const char *at = memmem(text, length, key, strlen(key));
  if (!at) fail("an event without %s: %.*s", key, (int)(length < 300 ? length : 300), text);
  return (uint32_t)strtoul(at + strlen(key), NULL, 10);
}

static void copy_text_after(const char *text, size_t length, const char *key, char *into, size_t capacity) {
  const char *at = memmem(text, length, key, strlen(key));
  if (!at) return;
  at += strlen(key);
  size_t size = strcspn(at, "\"");
  if (size >= capacity) fail("a value after %s is longer than %zu bytes", key, capacity);
  memcpy(into, at, size);
  into[size] = 0;
}

static void note_arrival(uint32_t kind, uint32_t test, uint32_t step, uint32_t connection, uint64_t at) {
  if (!arrivals_file) return;
  arrivals = grown(arrivals, arrival_count, &arrival_capacity, sizeof *arrivals);
  arrivals[arrival_count++] = (struct arrival){kind, test, step, connection, at};
}

static void note_result(uint32_t test) {
  if (test >= results_capacity) {
    uint32_t capacity = (test + 1) * 2;
    results = realloc(results, capacity);
    if (!results) fail("no memory for %" PRIu32 " results", capacity);
    memset(results + results_capacity, 0, capacity - results_capacity);
    results_capacity = capacity;
  }
  distinct_results += !results[test];
  results[test] = 1;
}

static void note_end(struct connection *connection, const char *event, size_t length, uint64_t at) {
  if (connection->finished) return;
  connection->finished = true;
  finished++;
  finished_at = at;
  copy_text_after(event, length, "\"verdict\":\"", verdict, sizeof verdict);
}

// Both sides write the type first and the numbers after it, so a search finds them near the start.
static void take_event(struct connection *connection, const char *event, size_t length, uint64_t at) {
  uint32_t number = (uint32_t)(connection - connections);
  seen.events++;
  if (!starts_with(event, length, "{\"type\":\"")) return;
  const char *type = event + 9;
  size_t left = length - 9;
  if (starts_with(type, left, "step.finished\"")) {
    seen.steps++;
    note_arrival(0, number_after(type, left, "\"test\":"), number_after(type, left, "\"step\":"), number, at);
  } else if (starts_with(type, left, "test.finished\"")) {
    uint32_t test = number_after(type, left, "\"test\":");
    seen.tests++;
    seen.passed += memmem(type, left, "\"outcome\":\"passed\"", 18) != NULL;
    note_arrival(1, test, 0, number, at);
    if (number == 0) note_result(test);
  } else if (starts_with(type, left, "job.finished\"")) {
    note_end(connection, event, length, at);
  } else if (starts_with(type, left, "job.state\"")) {
    const char *status = memmem(type, left, "\"status\":\"", 10);
    if (status && !strncmp(status + 10, "finished\"", 9)) note_end(connection, event, length, at);
  } else if (starts_with(type, left, "error\"")) {
    fail("the server answered with an error: %.*s", (int)(length < 400 ? length : 400), event);
  }
}

static void take_answer(struct connection *connection, uint32_t command, const char *answer, size_t length,
                        uint64_t at) {
  if (command != connection->command) return;
  if (!strcmp(mode, "ask")) {
    delays = grown(delays, delay_count, &delay_capacity, sizeof *delays);
    delays[delay_count++] = at - connection->asked_at;
    answered_at = at;
    if (at < asking_until && connection->command < most) ask(connection);
    return;
  }
  if (connection->answered) return;
  connection->answered = true;
  answered++;
  if (!*job) copy_text_after(answer, length, "\"job\":\"", job, sizeof job);
}

static void become_ready(struct connection *connection) {
  connection->state = READY;
  ready++;
}

// A message of Stepcast: events, one a line. An answer ends with `"re":N}`.
static void take_lines(struct connection *connection, char *text, size_t length, uint64_t at) {
  for (char *end = text + length; text < end;) {
    char *line_end = memchr(text, '\n', (size_t)(end - text));
    if (!line_end) line_end = end;
    size_t size = (size_t)(line_end - text), tail = size < 24 ? size : 24;
    char *answers = memmem(line_end - tail, tail, "\"re\":", 5);
    take_event(connection, text, size, at);
    if (answers) take_answer(connection, (uint32_t)strtoul(answers + 5, NULL, 10), text, size, at);
    text = line_end + 1;
  }
}

// A packet of Engine.IO 4 with one of Socket.IO 5 inside: https://socket.io/docs/v4/socket-io-protocol/
static void take_packet(struct connection *connection, char *text, size_t length, uint64_t at) {
  if (starts_with(text, length, "42[\"event\",")) {
    take_event(connection, text + 11, length - 12, at);
  } else if (starts_with(text, length, "43")) {
    char *answer;
    uint32_t command = (uint32_t)strtoul(text + 2, &answer, 10);
    if (starts_with(answer, length - (size_t)(answer - text), "[{\"error\""))
      fail("the server answered with an error: %.*s", (int)(length < 400 ? length : 400), text);
    take_answer(connection, command, answer, length - (size_t)(answer - text), at);
  } else if (starts_with(text, length, "2")) {
    send_text(connection->socket, "3", 1, SIZE_MAX);
  } else if (starts_with(text, length, "40")) {
    become_ready(connection);
  } else if (starts_with(text, length, "0")) {
    char join[2048];
    const char *token = tokens[(size_t)(connection - connections) % token_count];
    int size = snprintf(join, sizeof join, "40{\"token\":\"%s\"}", token);
    send_text(connection->socket, join, (size_t)size, SIZE_MAX);
  } else {
    fail("the server sent an unexpected packet: %.*s", (int)(length < 300 ? length : 300), text);
  }
}

static void take_frame(struct connection *connection, struct frame *frame, uint64_t at) {
  switch (frame->opcode) {
  case PING:
    send_frame(connection->socket, PONG, 1, frame->payload, frame->length);
    return;
  case CLOSE:
    fail("the server closed connection %td: %.*s", connection - connections,
         frame->length > 2 ? (int)frame->length - 2 : 0, frame->payload + 2);
  case TEXT:
    if (!frame->final) fail("the server sent a message in several frames, which this program cannot read");
    seen.frames++;
    seen.bytes += frame->length;
    (is_node ? take_packet : take_lines)(connection, frame->payload, frame->length, at);
    return;
  default:
    fail("the server sent a frame with the opcode %d, which this program cannot read", frame->opcode);
  }
}

// Returns how many bytes of the handshake's answer are at the start, or 0 if it is not complete yet.
static size_t take_upgrade(struct connection *connection, char *bytes, size_t length) {
  char *end = memmem(bytes, length, "\r\n\r\n", 4);
  if (!end) return 0;
  if (!starts_with(bytes, length, "HTTP/1.1 101"))
    fail("the server rejected connection %td: %.*s", connection - connections, (int)(length < 300 ? length : 300),
         bytes);
  connection->state = JOINING;
  if (!is_node) become_ready(connection);
  return (size_t)(end + 4 - bytes);
}

static void receive(struct connection *connection) {
  static char buffer[BUFFER];
  size_t kept = connection->rest_length, at = 0;
  if (kept) memcpy(buffer, connection->rest, kept);
  ssize_t got = read(connection->socket, buffer + kept, sizeof buffer - kept);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) fail("the server ended connection %td without a word", connection - connections);
  uint64_t arrived = now();
  size_t length = kept + (size_t)got;
  if (connection->state == UPGRADING) at = take_upgrade(connection, buffer, length);
  if (connection->state != UPGRADING) {
    struct frame frame;
    for (size_t size; (size = read_frame(buffer + at, length - at, &frame)); at += size)
      take_frame(connection, &frame, arrived);
  }
  connection->rest_length = length - at;
  if (connection->rest_length == sizeof buffer) fail("the server sent a frame of more than %d bytes", BUFFER);
  // An idle connection keeps no buffer, so that ten thousand of them stay small.
  free(connection->rest);
  connection->rest = connection->rest_length ? malloc(connection->rest_length) : NULL;
  if (connection->rest_length) memcpy(connection->rest, buffer + at, connection->rest_length);
}

// --- Connections

static void open_next(void) {
  while (opened < connection_count && opened - ready < OPENING_AT_ONCE) {
    struct connection *connection = &connections[opened++];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct epoll_event interest = {.events = EPOLLIN | EPOLLOUT, .data.ptr = connection};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connection->socket < 0) fail("cannot open a socket: %s; raise the limit with `ulimit -n`", strerror(errno));
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(connection->socket, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS)
      fail("cannot connect to port %d: %s", port, strerror(errno));
    epoll_ctl(poller, EPOLL_CTL_ADD, connection->socket, &interest);
  }
}

static void upgrade(struct connection *connection) {
  char request[4096], extra[2560] = "";
  struct epoll_event interest = {.events = EPOLLIN, .data.ptr = connection};
  const char *token = tokens[(size_t)(connection - connections) % token_count];
  if (!is_node)
    snprintf(extra, sizeof extra, "Sec-WebSocket-Protocol: stepcast.v1\r\nAuthorization: Bearer %s\r\n", token);
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c3RlcGNhc3QgYmVuY2ghIQ==\r\n%s\r\n",
                        is_node ? "/socket.io/?EIO=4&transport=websocket" : "/ws", port, extra);
  send_bytes(connection->socket, request, (size_t)length);
  connection->state = UPGRADING;
  epoll_ctl(poller, EPOLL_CTL_MOD, connection->socket, &interest);
}

static void turn(int milliseconds) {
  struct epoll_event events[512];
  int count = epoll_wait(poller, events, 512, milliseconds);
  for (int at = 0; at < count; at++) {
    struct connection *connection = events[at].data.ptr;
    if (!connection) {
      char line[64];
      if (read(STDIN_FILENO, line, sizeof line) <= 0) epoll_ctl(poller, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
      told = true;
    } else if (connection->state == CONNECTING) {
      if (events[at].events & (EPOLLERR | EPOLLHUP)) fail("nothing listens on port %d", port);
      upgrade(connection);
    } else {
      receive(connection);
    }
  }
}

static void wait_until_told(void) {
  told = false;
  while (!told) turn(1000);
}

static void wait_milliseconds(uint64_t milliseconds) {
  for (uint64_t end = now() + milliseconds * 1000000; now() < end;) turn(10);
}

// --- Modes

static void print_seen(uint64_t started) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double own = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  printf("{\"verdict\":\"%s\",\"seconds\":%.4f,\"distinct_results\":%" PRIu32 ",\"passed\":%" PRIu64
         ",\"steps_finished\":%" PRIu64 ",\"tests_finished\":%" PRIu64 ",\"events\":%" PRIu64 ",\"frames\":%" PRIu64
         ",\"bytes\":%" PRIu64 ",\"load_processor_seconds\":%.3f}\n",
         verdict, (double)(finished_at - started) / 1e9, distinct_results, seen.passed, seen.steps, seen.tests,
         seen.events, seen.frames, seen.bytes, own);
}

static void wait_for_verdict(uint64_t started) {
  while (finished < connection_count) {
    turn(100);
    if (seconds_since(started) > DEADLINE_SECONDS)
      fail("%" PRIu32 " of %" PRIu32 " connections have a verdict after %d s", finished, connection_count,
           DEADLINE_SECONDS);
  }
}

static void run(const char *command_file) {
  size_t length, capacity = 1 << 20;
  char *command = malloc(capacity);
  FILE *file = fopen(command_file, "r");
  if (!file || !command) fail("cannot read %s: %s", command_file, strerror(errno));
  length = fread(command, 1, capacity, file);
  fclose(file);
  if (length == capacity) fail("%s is larger than a command may be", command_file);
  uint64_t started = now();
  connections[0].command = 1;
  send_command(&connections[0], command, length);
  while (!answered) turn(100);
  for (uint32_t number = 1; number < connection_count; number++) watch(&connections[number]);
  while (answered < connection_count) turn(100);
  if (connection_count > 1) {
    // The answers to `watch` are not what is measured. Their last pages may still be on the way.
    wait_milliseconds(1000);
    memset(&seen, 0, sizeof seen);
  }
  printf("{\"job\":\"%s\",\"watching\":%" PRIu32 "}\n", job, answered);
  wait_for_verdict(started);
  // Some events, such as a last `job.progress`, may come after the verdict.
  wait_milliseconds(300);
  print_seen(started);
  if (!arrivals_file) return;
  file = fopen(arrivals_file, "w");
  if (!file || fwrite(arrivals, sizeof *arrivals, arrival_count, file) != arrival_count || fclose(file))
    fail("cannot write %s: %s", arrivals_file, strerror(errno));
}

static void watch_until_verdict(void) {
  uint64_t started = now();
  for (uint32_t number = 0; number < connection_count; number++) watch(&connections[number]);
  wait_for_verdict(started);
  print_seen(started);
}

static int by_size(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

static void ask_for(double seconds) {
  uint64_t started = now();
  asking_until = started + (uint64_t)(seconds * 1e9);
  for (uint32_t number = 0; number < connection_count; number++) ask(&connections[number]);
  while (now() < asking_until && delay_count < (size_t)most * connection_count) turn(10);
  wait_milliseconds(200);
  double took = (double)(answered_at - started) / 1e9;
  if (!delay_count) fail("no answer within %.0f s", seconds);
  qsort(delays, delay_count, sizeof *delays, by_size);
  printf("{\"answers\":%zu,\"seconds\":%.3f,\"p50_us\":%.1f,\"p99_us\":%.1f}\n", delay_count, took,
         (double)delays[delay_count / 2] / 1e3, (double)delays[delay_count * 99 / 100] / 1e3);
}

static void read_tokens(const char *path) {
  FILE *file = fopen(path, "r");
  char *line = NULL;
  size_t capacity = 0;
  if (!file) fail("cannot read %s: %s", path, strerror(errno));
  while (getline(&line, &capacity, file) > 0) {
    line[strcspn(line, "\r\n")] = 0;
    tokens = realloc(tokens, (token_count + 1) * sizeof *tokens);
    if (!tokens) fail("no memory for the tokens");
    tokens[token_count++] = strdup(line);
  }
  if (!token_count) fail("%s has no token", path);
  fclose(file);
}

int main(int count, char **words) {
  if (count < 6)
    fail("usage: load SIDE PORT TOKENS CONNECTIONS (run FILE ARRIVALS | watch JOB | ask WHAT SECONDS MOST | idle)");
  struct rlimit files;
  struct epoll_event interest = {.events = EPOLLIN, .data.ptr = NULL};
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, NULL, _IOLBF, 0);
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  is_node = !strcmp(words[1], "node");
  port = atoi(words[2]);
  read_tokens(words[3]);
  connection_count = (uint32_t)strtoul(words[4], NULL, 10);
  mode = words[5];
  connections = calloc(connection_count, sizeof *connections);
  poller = epoll_create1(0);
  if (!connections || poller < 0) fail("no memory for %" PRIu32 " connections", connection_count);
  epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &interest);

  uint64_t started = now();
  while (ready < connection_count) {
    open_next();
    turn(100);
    if (seconds_since(started) > DEADLINE_SECONDS) fail("only %" PRIu32 " connections are open", ready);
  }
  printf("{\"connected\":%" PRIu32 ",\"seconds\":%.4f}\n", ready, seconds_since(started));
  wait_until_told();
  if (!strcmp(mode, "run") && count == 8) {
    if (strcmp(words[7], "-")) arrivals_file = words[7];
    run(words[6]);
  } else if (!strcmp(mode, "watch") && count == 7) {
    snprintf(job, sizeof job, "%s", words[6]);
    watch_until_verdict();
  } else if (!strcmp(mode, "ask") && count == 9) {
    question = words[6];
    most = (uint32_t)strtoul(words[8], NULL, 10);
    ask_for(atof(words[7]));
  } else if (strcmp(mode, "idle")) {
    fail("the mode `%s` does not exist, or lacks something", mode);
  }
  return 0;
}
