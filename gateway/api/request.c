/* request.c - libmicrohttpd's callbacks: read a request, suspend, answer.
 *
 * The connection is suspended first and the job handed over then; the loop
 * gives the answer and resumes it, and the callback comes once more. */
#include <strings.h>
#include <sodium.h>
#include <sys/socket.h>

#include "listener.h"
#include "problem.h"
#include "postern/log.h"

#include "intake/guard.h"

static const char *header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static enum MHD_Result each_header(void *cls, enum MHD_ValueKind kind,
				   const char *name, size_t name_len,
				   const char *value, size_t value_len)
{
	(void)kind;
	guard_add(cls, name, name_len, value, value_len);
	return MHD_YES;
}

/* Headers of which a second one could be read by somebody else. */
static const char *const once[] = {"authorization", "content-type",
				   "idempotency-key", "postern-file-name"};

/* The same guard as on the public side. */
static bool guard_passed(struct MHD_Connection *c, const struct job *job,
			 const char *url, const char *method,
			 const char *version, struct guard_facts *ret)
{
	struct guard_request rq = {.method = method,
				   .url = url,
				   .version = version,
				   .target_len = job->target_len};
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	/* Later versions of the library copy texts out of their buffer. */
	rq.in_place = strncmp(MHD_get_version(), "0.", 2) == 0;
	rq.block_len = info != NULL ? info->header_size : 0;
	MHD_get_connection_values_n(c, MHD_HEADER_KIND, each_header, &rq);
	if (!guard_judge(&rq, ret))
		return false;
	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (guard_count(&rq, once[i]) > 1)
			return false;
	return true;
}

struct queries {
	struct job *job;
	bool unknown;
};

static enum MHD_Result each_query(void *cls, enum MHD_ValueKind kind,
				  const char *name, size_t name_len,
				  const char *value, size_t value_len)
{
	struct queries *q = cls;

	(void)kind;
	for (size_t i = 0; i < QUERIES; i++) {
		if (strlen(job_query_names[i]) != name_len ||
		    memcmp(job_query_names[i], name, name_len) != 0)
			continue;
		/* Twice or too long: nobody can know what was meant; of
		 * another address: it would mean nothing here. */
		if (!route_asks(q->job->route, (enum job_query)i) ||
		    q->job->query[i][0] != '\0' || value_len > JOB_QUERY_MAX ||
		    value == NULL || strlen(value) != value_len)
			break;
		memcpy(q->job->query[i], value, value_len + 1);
		return MHD_YES;
	}
	q->unknown = true;
	return MHD_YES;
}

/* Copies a header of at most size - 1 printable bytes. */
static bool copy_header(struct MHD_Connection *c, const char *name, char *ret,
			size_t size)
{
	const char *value = header(c, name);

	if (value == NULL)
		return true;
	if (strlen(value) >= size)
		return false;
	for (const char *p = value; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			return false;
	memcpy(ret, value, strlen(value) + 1);
	return true;
}

static void read_bearer(struct MHD_Connection *c, struct job *job)
{
	const char *value = header(c, "Authorization");
	size_t len;

	if (value == NULL || strncasecmp(value, "Bearer ", 7) != 0)
		return;
	value += 7 + strspn(value + 7, " ");
	len = strlen(value);
	/* One byte too many is kept, so that it cannot pass for a token. */
	if (len > JOB_BEARER_MAX)
		len = JOB_BEARER_MAX;
	memcpy(job->bearer, value, len);
}

/* May this peer of the unix socket act as the operator? */
static bool peer_trusted(const struct api *a, struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	socklen_t len = sizeof(struct ucred);
	struct ucred peer;

	if (info == NULL || getsockopt(info->connect_fd, SOL_SOCKET,
				       SO_PEERCRED, &peer, &len) != 0)
		return false;
	return peer.uid == 0 || peer.uid == a->own || peer.uid == a->starter;
}

static bool is_type(const char *type, const char *wanted)
{
	if (strncasecmp(type, wanted, strlen(wanted)) != 0)
		return false;
	type += strlen(wanted);
	return *type == '\0' || *type == ';' || *type == ' ';
}

static int check_type(struct job *job)
{
	if ((job->route->flags & ROUTE_LINES) == 0)
		return is_type(job->type, "application/json")
			   ? 0
			   : job_refuse(job, &problem_media_type, NULL);
	return is_type(job->type, "application/x-ndjson")
		   ? 0
		   : job_refuse(job, &problem_media_type,
				"this address takes lines: "
				"application/x-ndjson");
}

/* What can be refused before the body is read.  0 go on, -1 answered. */
static int check_body(struct api *a, struct job *job, bool chunked)
{
	const struct settings *s = a->w->settings;
	bool upload = (job->route->flags & ROUTE_UPLOAD) != 0;
	int64_t cap =
	    upload ? s->limits.media_bytes_max : s->limits.api_body_max;

	if (job->body_bytes > cap)
		return job_refuse(job, &problem_too_large, NULL);
	if (upload)
		return chunked || job->body_bytes < 0
			   ? job_refuse(job, &problem_length_required, NULL)
			   : 0;
	if (strcmp(job->route->method, "POST") != 0 &&
	    (chunked || job->body_bytes > 0))
		return job_refuse(job, &problem_malformed,
				  "this method has no body");
	if ((job->route->flags & ROUTE_BODY) == 0 && !chunked &&
	    job->body_bytes <= 0)
		return 0;
	return strcmp(job->route->method, "POST") == 0 ? check_type(job) : 0;
}

static int check_address(struct job *job, const char *url, const char *method)
{
	if (strlen(url) > JOB_PATH_MAX)
		return job_refuse(job, &problem_absent, NULL);
	memcpy(job->path, url, strlen(url) + 1);
	switch (route_find(method, url, &job->route, &job->allow)) {
	case ROUTE_FOUND:
		return 0;
	case ROUTE_UNKNOWN:
		return job_refuse(job, &problem_absent, NULL);
	case ROUTE_OTHER_METHOD:
		break;
	}
	if (strcmp(method, "OPTIONS") == 0) {
		(void)job_empty(job, 204);
		return -1;
	}
	return job_refuse(job, &problem_method, NULL);
}

/* Everything before the body.  0 go on, -1 answered. */
static int read_head(struct api *a, struct MHD_Connection *c, struct job *job,
		     const char *url, const char *method, const char *version)
{
	struct queries q = {.job = job};
	struct guard_facts facts;

	job->close = true;
	if (!guard_passed(c, job, url, method, version, &facts))
		return job_refuse(job, &problem_malformed, NULL);
	if (facts.has_length)
		job->body_bytes = (int64_t)facts.length;
	/* What is refused before its body was read ends the connection. */
	job->close = facts.chunked || facts.length > 0;
	if (check_address(job, url, method) != 0)
		return -1;
	MHD_get_connection_values_n(c, MHD_GET_ARGUMENT_KIND, each_query, &q);
	if (q.unknown)
		return job_refuse(job, &problem_malformed,
				  "unknown, repeated or too long parameter");
	read_bearer(c, job);
	if (!copy_header(c, "Idempotency-Key", job->key, sizeof(job->key)) ||
	    !copy_header(c, "Content-Type", job->type, sizeof(job->type)) ||
	    !copy_header(c, "Postern-File-Name", job->file_name,
			 sizeof(job->file_name)))
		return job_refuse(job, &problem_malformed,
				  "a header is too long or not plain text");
	job->wants_page = header(c, "Accept") != NULL &&
			  strstr(header(c, "Accept"), "text/html") != NULL;
	if (facts.expect_other)
		return job_refuse(job, &problem_malformed, "Expect");
	if (check_body(a, job, facts.chunked) != 0)
		return -1;
	job->close = false;
	return 0;
}

static void new_request_id(struct api *a, struct job *job)
{
	uint64_t n;

	a->w->env->random(a->w->env, &n, sizeof(n));
	id_format(&a->w->mask, ID_REQUEST, (int64_t)(n >> 1), &job->request);
}

static struct deadline *deadline_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

/* Suspend, then hand over.  The job is the loop's from here on. */
static enum MHD_Result hand_over(struct api *a, struct job *job,
				 enum job_stage stage)
{
	struct MHD_Connection *c = job->connection;

	job->stage = stage;
	job->queued = true;
	deadline_set(a->deadlines, deadline_of(c), -1);
	atomic_fetch_add(&a->in_flight, 1);
	MHD_suspend_connection(c);
	if (!queue_put(a, job)) {
		(void)job_refuse(job, &problem_unavailable, NULL);
		MHD_resume_connection(c);
	}
	return MHD_YES;
}

void request_resume(struct job *job)
{
	/* From this call on the job is the listener's. */
	MHD_resume_connection(job->connection);
}

static enum MHD_Result first_call(const struct side *side,
				  struct MHD_Connection *c, const char *url,
				  const char *method, const char *version,
				  struct job *job)
{
	struct api *a = side->api;
	const struct settings *s = a->w->settings;
	int64_t in_ms;
	bool upload;

	job->begun = true;
	job->connection = c;
	new_request_id(a, job);
	COUNT(a->w, api_requests);
	job->local = side->local && peer_trusted(a, c);
	if (read_head(a, c, job, url, method, version) != 0) {
		if (job->status >= 400)
			COUNT(a->w, api_refused);
		deadline_set(a->deadlines, deadline_of(c), IDLE_MS);
		return respond(c, job);
	}
	upload = (job->route->flags & ROUTE_UPLOAD) != 0;
	if (!upload)
		job->body.cap = (size_t)s->limits.api_body_max;
	in_ms = upload ? UPLOAD_MS : s->limits.body_deadline_ms;
	job->until_ms = worker_boot(a->w) + in_ms;
	deadline_set(a->deadlines, deadline_of(c), in_ms);
	return upload ? hand_over(a, job, JOB_BEGIN) : MHD_YES;
}

static enum MHD_Result take_data(struct api *a, struct job *job,
				 const char *data, size_t *data_len)
{
	bool upload = (job->route->flags & ROUTE_UPLOAD) != 0;
	size_t len = *data_len, room = job->body.cap - job->body.len;

	/* Already refused: the rest is read and thrown away, so that the
	 * answer is heard.  Both caps and the deadline bound it. */
	if (job->status != 0) {
		*data_len = 0;
		return MHD_YES;
	}
	if (!upload && len > room) {
		(void)job_refuse(job, &problem_too_large, NULL);
		job->close = true;
		*data_len = 0;
		return MHD_YES;
	}
	if (len > room)
		len = room;
	if (buf_append(&job->body, data, len, NULL) != 0) {
		(void)job_refuse(job, &problem_unavailable, NULL);
		*data_len = 0;
		return MHD_YES;
	}
	*data_len -= len;
	return upload && job->body.len == job->body.cap
		   ? hand_over(a, job, JOB_CHUNK)
		   : MHD_YES;
}

/* Whoever takes an answer byte by byte holds its memory and one of a few
 * connections: so there is a least pace. */
static int64_t taken_ms(const struct job *job)
{
	int64_t bytes =
	    job->file != NULL ? job->file_bytes : (int64_t)job->answer.len;
	int64_t in_ms = IDLE_MS + bytes / TAKEN_BYTES_PER_MS;

	return in_ms < DOWNLOAD_MS ? in_ms : DOWNLOAD_MS;
}

static enum MHD_Result last_call(struct api *a, struct job *job)
{
	struct MHD_Connection *c = job->connection;
	bool upload = (job->route->flags & ROUTE_UPLOAD) != 0;

	/* An upload was only begun: this is the first call once more, which
	 * libmicrohttpd repeats after a suspension.  Refused here, the body
	 * stays unread. */
	if (upload && job->stage == JOB_BEGIN && job->status == 0 &&
	    job->body.len == 0)
		return MHD_YES;
	if (job->status != 0) {
		if (upload && job->stage == JOB_BEGIN)
			job->close = true;
		if (job->status >= 400)
			COUNT(a->w, api_refused);
		deadline_set(a->deadlines, deadline_of(c), taken_ms(job));
		return respond(c, job);
	}
	return hand_over(a, job, upload ? JOB_END : JOB_WHOLE);
}

void *request_target(void *cls, const char *target, struct MHD_Connection *c)
{
	struct job *job;

	(void)cls;
	(void)c;
	if (job_new(&job, JOB_CHUNK_BYTES, NULL) != 0)
		return NULL;
	job->target_len = guard_target(target);
	return job;
}

enum MHD_Result request_handle(void *cls, struct MHD_Connection *c,
			       const char *url, const char *method,
			       const char *version, const char *data,
			       size_t *data_len, void **con_cls)
{
	const struct side *side = cls;
	struct api *a = side->api;
	struct job *job = *con_cls;

	if (job == NULL)
		return MHD_NO;
	if (!job->begun)
		return first_call(side, c, url, method, version, job);
	if (job->queued) {
		int64_t left_ms = job->until_ms - worker_boot(a->w);

		job->queued = false;
		atomic_fetch_sub(&a->in_flight, 1);
		deadline_set(a->deadlines, deadline_of(c),
			     left_ms > 0 ? left_ms : 0);
	}
	if (*data_len > 0)
		return take_data(a, job, data, data_len);
	return last_call(a, job);
}

void request_completed(void *cls, struct MHD_Connection *c, void **con_cls,
		       enum MHD_RequestTerminationCode why)
{
	const struct side *side = cls;
	struct api *a = side->api;
	struct job *job = *con_cls;

	(void)why;
	*con_cls = NULL;
	deadline_set(a->deadlines, deadline_of(c), IDLE_MS);
	if (job == NULL)
		return;
	if (job->queued)
		atomic_fetch_sub(&a->in_flight, 1);
	job->queued = false;
	job->connection = NULL;
	if (job->upload == NULL) {
		job_free(&job);
		return;
	}
	/* A half-written file: the loop made it, the loop removes it. */
	job->stage = JOB_ABANDON;
	(void)queue_put(a, job);
}

void request_connection(void *cls, struct MHD_Connection *c, void **ctx,
			enum MHD_ConnectionNotificationCode code)
{
	const struct side *side = cls;
	struct api *a = side->api;
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct deadline *one = *ctx;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*ctx = info != NULL
			   ? deadline_add(
				 a->deadlines, info->connect_fd,
				 a->w->settings->limits.header_deadline_ms)
			   : NULL;
		return;
	}
	deadline_remove(a->deadlines, &one);
	*ctx = NULL;
}
