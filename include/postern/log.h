/* log.h - JSON lines on standard error that cannot carry personal data.
 *
 * A line is an event name, numbers, literals, configured names and record
 * ids.  There is no %s.  Lines go through a bounded ring to a writer thread
 * once log_start() ran, so that a stalled reader of the pipe never stalls a
 * request; lines that do not fit are dropped and counted. */
#ifndef POSTERN_LOG_H
#define POSTERN_LOG_H

#include <stdint.h>

#include "postern/err.h"
#include "postern/id.h"
#include "postern/name.h"

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR
};

struct log_field {
	const char *key;
	const char *token; /* literal, or NULL for a number */
	int64_t num;
	struct name name; /* used when token points here */
	struct id_text id;
	enum {
		LOG_FIELD_NUM,
		LOG_FIELD_TOKEN,
		LOG_FIELD_NAME,
		LOG_FIELD_ID
	} type;
};

/* "" x accepts only a string literal: text from a request cannot be passed. */
#define LOG_NUM(k, v)        \
	((struct log_field){ \
	    .key = "" k, .num = (int64_t)(v), .type = LOG_FIELD_NUM})
#define LOG_TOKEN(k, t)      \
	((struct log_field){ \
	    .key = "" k, .token = "" t, .type = LOG_FIELD_TOKEN})
#define LOG_NAME(k, n) log_name("" k, (n))
#define LOG_ID(k, i)   log_id("" k, (i))
/* The kind, place and literal of an error: three fields' worth in one. */
#define LOG_ERR(e) \
	log_err_kind(e), log_err_where(e), log_err_what(e), log_err_native(e)

#define LOG(level, event, ...)                                         \
	log_line((level), "" event, (struct log_field[]){__VA_ARGS__}, \
		 sizeof((struct log_field[]){__VA_ARGS__}) /           \
		     sizeof(struct log_field))
/* An event without fields. */
#define LOG0(level, event) \
	log_line((level), "" event, (const struct log_field *)0, 0)

struct log_field log_name(const char *key, const struct name *name);
struct log_field log_id(const char *key, const struct id_text *id);
/* A name out of one of our own constant tables (HTTP method, event kind). */
struct log_field log_table(const char *key, const char *static_token);
struct log_field log_err_kind(const struct err *err);
struct log_field log_err_where(const struct err *err);
struct log_field log_err_what(const struct err *err);
struct log_field log_err_native(const struct err *err);

/* log_open - name the process ("intake"); lines are written directly. */
void log_open(const char *process);
void log_set_level(enum log_level least);
/* log_start / log_stop - the writer thread; stop writes out what it can in
 * one second. */
void log_start(void);
void log_stop(void);
/* Lines dropped since the start. */
uint64_t log_dropped(void);

void log_line(enum log_level level, const char *event,
	      const struct log_field *fields, unsigned long fields_len);

#endif
