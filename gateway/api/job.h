/* job.h - one request on its way through the worker's loop.
 *
 * A listener thread fills a job, suspends the connection and queues it; from
 * then on only the loop touches it, until job_done() hands it back with its
 * answer.  Nothing personal is in the fixed fields but file_name and body,
 * both wiped. */
#ifndef POSTERN_API_JOB_H
#define POSTERN_API_JOB_H

#include <jansson.h>

#include "postern/buf.h"
#include "api.h"
#include "worker/prove.h"

struct MHD_Connection;
struct route;
struct upload;
struct problem;

#define JOB_PATH_MAX	127
#define JOB_BEARER_MAX	159
#define JOB_KEY_MAX	255
#define JOB_QUERY_MAX	63
#define JOB_NAME_MAX	255
#define JOB_DETAIL_MAX	159
#define JOB_ANSWER_MAX	(8u * 1024 * 1024)
#define JOB_CHUNK_BYTES (256u * 1024)

enum job_stage {
	JOB_WHOLE,   /* body read (or none): run it */
	JOB_BEGIN,   /* upload: headers only */
	JOB_CHUNK,   /* upload: body holds the next bytes */
	JOB_END,     /* upload: body holds the last bytes */
	JOB_ABANDON, /* upload: the client went away */
};

/* Query parameters; which address knows which: route_asks(). */
enum job_query {
	QUERY_STATE,
	QUERY_LIMIT,
	QUERY_BEFORE,
	QUERY_AFTER,
	QUERY_BODY,
	QUERY_FORM,
	QUERY_LANGUAGE,
	QUERY_FROM,
	QUERY_TO,
	QUERY_STEP,
	QUERY_CHANNEL,
	QUERY_START,
	QUERY_PERIOD,
	QUERY_STATUTORY,
	QUERY_WHAT,
	QUERY_FORMAT,
	QUERY_PURPOSE,
	QUERIES
};
extern const char *const job_query_names[QUERIES];

struct caller {
	int64_t token;	     /* 0: the operator on the unix socket */
	unsigned int scopes; /* SCOPE_* */
	struct name helpdesk;
	bool bound;	    /* only conversations of helpdesk */
	struct staff staff; /* its name in the proof log */
};

struct job {
	struct job *next; /* in the queue */
	struct MHD_Connection *connection;
	const struct route *route;
	enum job_stage stage;
	bool begun, local, queued;
	size_t target_len; /* of the raw address; 0 refused */
	int64_t since_ms;  /* boot clock: when queued */
	int64_t until_ms;  /* boot clock: body read by then */
	struct id_text request;
	/* what came */
	char path[JOB_PATH_MAX + 1];
	char bearer[JOB_BEARER_MAX + 1];
	char key[JOB_KEY_MAX + 1];
	char type[JOB_QUERY_MAX + 1];
	char file_name[JOB_NAME_MAX + 1];
	char query[QUERIES][JOB_QUERY_MAX + 1];
	bool wants_page;    /* Accept names HTML */
	int64_t body_bytes; /* Content-Length, -1 none */
	struct buf body;
	/* who and what it is about */
	struct caller caller;
	bool caller_known;
	int64_t id; /* of the path */
	/* the answer */
	unsigned int status; /* 0: none yet */
	struct buf answer;
	const char *answer_type, *allow;
	char page_policy[160]; /* Content-Security-Policy of a page; "" none */
	struct buf kept; /* what an idempotent replay answers; empty: answer */
	bool replayed, close;
	/* A send the policy refused: why, where and to whom; blocked: for want
	 * of a consent. */
	enum ledger_reason refused;
	bool blocked;
	struct name blocked_on;
	int64_t blocked_person;
	int64_t retry_after_s; /* 0 none */
	char location[JOB_PATH_MAX + 1];
	/* bytes of an attachment instead of answer */
	struct sealedfile *file;
	int64_t file_bytes;
	char file_type[128];
	char file_header[4 * JOB_NAME_MAX + 128]; /* Content-Disposition */
	/* jsonmem_failures() when this turn began: if it grew, whatever was
	 * made of JSON since may be incomplete, and so may a refusal that
	 * follows from it.  job_json and job_refuse say 503 then. */
	uint64_t json_failures;
	/* of an upload, owned by the loop */
	struct upload *upload;
	/* idempotency of this run */
	uint8_t key_hash[32], body_hash[32];
	bool key_open;
};

/* A thread takes the job up: what failed before is no concern of this turn. */
void job_turn(struct job *job);
int job_new(struct job **ret, size_t body_max, struct err *err);
/* Wipes.  Closes the file; the upload must have been given up before. */
void job_free(struct job **job);

/* Answers.  All return 0, or -1 with err; job_json takes the reference. */
int job_json(struct job *job, unsigned int status, json_t *value,
	     struct err *err);
int job_text(struct job *job, unsigned int status, const char *type,
	     const void *bytes, size_t len, struct err *err);
int job_empty(struct job *job, unsigned int status);
/* A refusal: always returns -1, with job->status set.  detail may be NULL; it
 * never holds anything from a message. */
int job_refuse(struct job *job, const struct problem *problem,
	       const char *detail);
/* The same with extension members; takes the reference. */
int job_refuse_with(struct job *job, const struct problem *problem,
		    const char *detail, json_t *more);
/* Forget an answer already made (its transaction was rolled back). */
void job_unanswer(struct job *job);

/* The query's limit, or otherwise; -1: refused. */
int job_limit(struct job *job, int64_t otherwise, int64_t max, int64_t *ret);
/* JSON pieces: ids, times and texts that may be absent. */
json_t *job_json_id(const struct worker *w, enum id_kind kind, int64_t id);
json_t *job_json_time(int64_t wall_ms); /* 0: null */
json_t *job_json_text(const char *text);

#endif
