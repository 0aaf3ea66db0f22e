/* handout.c - the copy of a person's data, handed out to whoever has its
 * one-time link.
 *
 * The key of the file follows from the secret in the link, so neither archive
 * nor keeper is asked.  Only a POST opens it: messengers look at links.  When
 * all of it has left, the worker is told through the hatch, and ends it; who
 * got only a part may try again. */
#include "intake/inside.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "postern/packagefile.h"

#define PATH	     "/privacy/paket/"
#define HANDOUTS_MAX 4
#define TOLD_MAX     8
#define BLOCK_BYTES  65536
#define RETRY_S	     30
#define FIRST_MS     60000 /* of the deadline; then so many bytes per ms */
#define BYTES_A_MS   16
#define TYPE	     "application/zip"
#define DISPOSITION  "attachment; filename=\"datenkopie.zip\""

struct handout {
	unsigned int holders; /* the visitor and the library; one thread */
	struct sealedfile *file;
	int64_t len, given;
	char path[PUBLIC_PATH_MAX + 1];
	char *block; /* the library's, as long as it holds this */
	size_t block_len;
};

/* Of what was handed out whole and the worker was not told yet. */
struct handouts {
	pthread_mutex_t lock;
	char told[TOLD_MAX][PUBLIC_PATH_MAX + 1]; /* "": free */
	atomic_uint under_way;
};

int handouts_open(struct intake *in, struct err *err)
{
	struct handouts *h = calloc(1, sizeof(*h));

	if (h == NULL || pthread_mutex_init(&h->lock, NULL) != 0) {
		free(h);
		return ERR_SET(err, ERR_NOMEM, "no memory to hand out", 0);
	}
	in->handouts = h;
	return 0;
}

void handouts_close(struct intake *in)
{
	if (in->handouts == NULL)
		return;
	(void)pthread_mutex_destroy(&in->handouts->lock); /* nobody has it */
	sodium_memzero(in->handouts, sizeof(*in->handouts));
	free(in->handouts);
	in->handouts = NULL;
}

/* --- one file ------------------------------------------------------------- */

static void handout_drop(struct handout *h)
{
	if (--h->holders > 0)
		return;
	sealedfile_close(&h->file);
	sodium_memzero(h, sizeof(*h));
	free(h);
}

/* The library is done with it; its block is still there. */
static void on_free(void *ctx)
{
	struct handout *h = ctx;

	if (h->block != NULL)
		sodium_memzero(h->block, h->block_len);
	h->block = NULL;
	handout_drop(h);
}

/* Behind the last byte the file says whether it was whole. */
static bool ends_well(struct handout *h)
{
	uint8_t more[1];
	size_t n = 1;

	return sealedfile_read(h->file, more, sizeof(more), &n, NULL) == 0 &&
	       n == 0;
}

static ssize_t on_read(void *ctx, uint64_t at, char *ret, size_t size)
{
	struct handout *h = ctx;
	size_t n = 0;

	h->block = ret;
	h->block_len = size;
	if (at != (uint64_t)h->given ||
	    sealedfile_read(h->file, (uint8_t *)ret, size, &n, NULL) != 0 ||
	    n == 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	h->given += (int64_t)n;
	if (h->given >= h->len && !ends_well(h))
		return MHD_CONTENT_READER_END_WITH_ERROR;
	return (ssize_t)n;
}

static struct handout *handout_new(struct intake *in, const char *url)
{
	struct handout *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->holders = 1;
	(void)snprintf(h->path, sizeof(h->path), "%s", url);
	if (packagefile_open(in->conf->dir, url + sizeof(PATH) - 1,
			     in->env->wall_ms(in->env), &h->file, &h->len,
			     NULL) == 0)
		return h;
	handout_drop(h);
	return NULL;
}

static struct MHD_Response *response_of(struct handout *h)
{
	struct MHD_Response *r = MHD_create_response_from_callback(
	    (uint64_t)h->len, BLOCK_BYTES, on_read, h, on_free);

	if (r == NULL)
		return NULL;
	h->holders++;
	if (reply_headers(r, TYPE) == 0 &&
	    MHD_add_response_header(r, "Content-Disposition", DISPOSITION) ==
		MHD_YES &&
	    MHD_add_response_header(r, "Content-Security-Policy",
				    "default-src 'none'; sandbox") == MHD_YES)
		return r;
	MHD_destroy_response(r);
	return NULL;
}

/* --- a visitor ------------------------------------------------------------ */

bool handout_is(const struct visitor *v, const char *url)
{
	return v->method == PUBLIC_POST &&
	       strncmp(url, PATH, sizeof(PATH) - 1) == 0;
}

bool handout_reply(struct intake *in, struct visitor *v, const char *url,
		   enum MHD_Result *ret)
{
	struct handouts *all = in->handouts;
	struct MHD_Response *r;

	if (atomic_fetch_add(&all->under_way, 1) >= HANDOUTS_MAX) {
		atomic_fetch_sub(&all->under_way, 1);
		*ret =
		    reply_problem(in, v, MHD_HTTP_SERVICE_UNAVAILABLE, RETRY_S);
		return true;
	}
	v->handout = handout_new(in, url);
	r = v->handout != NULL ? response_of(v->handout) : NULL;
	if (r == NULL) {
		if (v->handout != NULL)
			handout_end(in, v, false);
		else
			atomic_fetch_sub(&all->under_way, 1);
		return false;
	}
	v->in_flight = true;
	atomic_fetch_add(&in->in_flight, 1);
	atomic_store(&v->deadline_ms, in->env->boot_ms(in->env) + FIRST_MS +
					  v->handout->len / BYTES_A_MS);
	*ret = reply_made(v, r);
	MHD_destroy_response(r); /* the connection has it */
	return true;
}

/* --- telling the worker --------------------------------------------------- */

static void tell_later(struct intake *in, const char *path)
{
	struct handouts *all = in->handouts;

	pthread_mutex_lock(&all->lock);
	for (size_t i = 0; i < TOLD_MAX; i++)
		if (all->told[i][0] == '\0') {
			(void)snprintf(all->told[i], sizeof(all->told[i]), "%s",
				       path);
			break;
		}
	pthread_mutex_unlock(&all->lock);
	passages_wake(in);
}

void handout_end(struct intake *in, struct visitor *v, bool sent)
{
	struct handout *h = v->handout;

	if (h == NULL)
		return;
	v->handout = NULL;
	atomic_fetch_sub(&in->handouts->under_way, 1);
	/* All of it is with the kernel; nobody knows better. */
	if (sent && h->given == h->len)
		tell_later(in, h->path);
	handout_drop(h);
}

void handouts_tell(struct intake *in)
{
	struct handouts *all = in->handouts;
	struct err err = {0};
	int fd = -1;

	pthread_mutex_lock(&all->lock);
	for (size_t i = 0; i < TOLD_MAX; i++) {
		struct public_request rq = {
		    .method = public_method_name(PUBLIC_DONE),
		    .path = all->told[i],
		    .at_ms = in->env->wall_ms(in->env),
		};

		/* Without room in the hatch it is told later. */
		if (all->told[i][0] == '\0' ||
		    (passage_put(in, &rq, &fd, &err) != 0 &&
		     err.kind != ERR_INPUT))
			continue;
		if (fd >= 0)
			(void)close(fd); /* of the answer nobody wants to hear
					  */
		fd = -1;
		sodium_memzero(all->told[i], sizeof(all->told[i]));
	}
	pthread_mutex_unlock(&all->lock);
}
