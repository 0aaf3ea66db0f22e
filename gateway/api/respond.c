/* respond.c - an answer onto the wire, with the headers of every reply. */
#include <sodium.h>

#include "listener.h"
#include "problem.h"
#include "postern/log.h"

#define READ_BLOCK_BYTES (64u * 1024)

/* assurance 6; hardly anything here is a page, so nothing may run.  A page
 * names its own policy, which may allow its style. */
#define NO_PAGE "default-src 'none'; frame-ancestors 'none'; sandbox"
static const struct {
	const char *name, *value;
} always[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
    {"Strict-Transport-Security", "max-age=31536000"},
};

/* MHD reads an attachment as the client takes it; the job lends the file. */
static ssize_t file_read(void *cls, uint64_t pos, char *bytes, size_t size)
{
	struct sealedfile *file = cls;
	struct err err = {0};
	size_t len = 0;

	(void)pos;
	if (sealedfile_read(file, (uint8_t *)bytes, size, &len, &err) != 0) {
		LOG(LOG_LEVEL_ERROR, "api.attachment.damaged", LOG_ERR(&err));
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	return len > 0 ? (ssize_t)len : MHD_CONTENT_READER_END_OF_STREAM;
}

static void file_close(void *cls)
{
	struct sealedfile *file = cls;

	sealedfile_close(&file);
}

static void wiped(void *bytes)
{
	struct buf *b = bytes;

	buf_free(b);
	free(b);
}

static const char *body_bytes(const struct buf *b)
{
	return b->len > 0 ? (const char *)b->bytes : "";
}

static ssize_t answer_read(void *cls, uint64_t pos, char *bytes, size_t size)
{
	const struct buf *b = cls;
	size_t left = pos < b->len ? b->len - (size_t)pos : 0;
	size_t n = left < size ? left : size;

	memcpy(bytes, body_bytes(b) + pos, n);
	return n > 0 ? (ssize_t)n : MHD_CONTENT_READER_END_OF_STREAM;
}

/* The answer's bytes move into the response, which wipes them at its end. */
static struct MHD_Response *response_of(struct job *job)
{
	struct MHD_Response *r;
	struct buf *b;

	if (job->file != NULL) {
		r = MHD_create_response_from_callback(
		    (uint64_t)job->file_bytes, READ_BLOCK_BYTES, file_read,
		    job->file, file_close);
		if (r != NULL)
			job->file = NULL;
		return r;
	}
	if (job->answer.len == 0)
		return MHD_create_response_from_buffer(0, NULL,
						       MHD_RESPMEM_PERSISTENT);
	b = malloc(sizeof(*b));
	if (b == NULL)
		return NULL;
	*b = job->answer;
	job->answer = BUF_INIT(JOB_ANSWER_MAX);
	r = MHD_create_response_from_callback(b->len, READ_BLOCK_BYTES,
					      answer_read, b, wiped);
	if (r == NULL)
		wiped(b);
	return r;
}

static bool add(struct MHD_Response *r, const char *name, const char *value)
{
	return MHD_add_response_header(r, name, value) == MHD_YES;
}

static bool add_number(struct MHD_Response *r, const char *name, int64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)n);
	return add(r, name, text);
}

static bool add_headers(struct MHD_Response *r, const struct job *job,
			bool is_file)
{
	bool is_page = job->status == 200 && job->page_policy[0] != '\0';
	bool good = add(r, "Content-Security-Policy",
			is_page ? job->page_policy : NO_PAGE);

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		good = good && add(r, always[i].name, always[i].value);
	if (is_file) {
		good = good && add(r, "Content-Type", job->file_type) &&
		       add(r, "Content-Disposition", job->file_header);
	} else if (job->answer_type != NULL) {
		good = good && add(r, "Content-Type", job->answer_type);
	}
	if (job->allow != NULL)
		good = good && add(r, "Allow", job->allow);
	if (job->status == 401)
		good = good &&
		       add(r, "WWW-Authenticate", "Bearer realm=\"postern\"");
	if (job->retry_after_s > 0)
		good = good && add_number(r, "Retry-After", job->retry_after_s);
	if (job->replayed)
		good = good && add(r, "Idempotency-Replayed", "true");
	if (job->location[0] != '\0')
		good = good && add(r, "Location", job->location);
	if (job->close)
		good = good && add(r, "Connection", "close");
	return good && add(r, "Postern-Request", job->request.text);
}

enum MHD_Result respond(struct MHD_Connection *c, struct job *job)
{
	bool is_file = job->file != NULL;
	struct MHD_Response *r = response_of(job);
	enum MHD_Result queued = MHD_NO;

	if (r == NULL)
		return MHD_NO;
	if (add_headers(r, job, is_file))
		queued = MHD_queue_response(c, job->status, r);
	MHD_destroy_response(r);
	return queued;
}
