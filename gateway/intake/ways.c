/* ways.c - addresses that the worker answers, and how often they may be asked.
 *
 * Buckets are counted per kind of address, never per sender: whose requests
 * come often is nothing that is kept here.  A form that is flooded keeps
 * nobody from reading the state of a request or fetching a file. */
#include "intake/inside.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE_MS 60000

enum pace {
	PACE_PAGES, /* the portal, read */
	PACE_ASKS,  /* a new request */
	PACE_ACTS,  /* proofs, packages */
	PACE_META,
	PACE_READS, /* other machines */
	PACE_WRITES,
	PACES,
};
static const int64_t per_minute[PACES] = {
    [PACE_PAGES] = 600, [PACE_ASKS] = 0, /* of the settings */
    [PACE_ACTS] = 240,	[PACE_META] = 240,
    [PACE_READS] = 600, [PACE_WRITES] = 240,
};

struct way {
	const char *prefix;
	bool portal; /* while the settings want one */
	enum pace reads, writes, writes_top;
};
/* A prefix is the whole path, or ends before a slash.  First wins. */
static const struct way all_ways[] = {
    {"/privacy/meta", false, PACE_META, PACE_META, PACE_META},
    /* Copies are also for those who asked elsewhere. */
    {"/privacy/paket", false, PACE_PAGES, PACE_ACTS, PACE_ACTS},
    {"/privacy", true, PACE_PAGES, PACE_ACTS, PACE_ASKS},
    {"/opendsr", false, PACE_READS, PACE_WRITES, PACE_WRITES},
    {"/v2", false, PACE_READS, PACE_WRITES, PACE_WRITES},
    {"/opengdpr_requests", false, PACE_READS, PACE_WRITES, PACE_WRITES},
    {"/v1/opengdpr_requests", false, PACE_READS, PACE_WRITES, PACE_WRITES},
    {"/v1/discovery", false, PACE_READS, PACE_WRITES, PACE_WRITES},
    {"/v1/data-rights-request", false, PACE_READS, PACE_WRITES, PACE_WRITES},
    {"/v1/agent", false, PACE_READS, PACE_WRITES, PACE_WRITES},
};
#define WAYS (sizeof(all_ways) / sizeof(all_ways[0]))

/* Full at first; a token costs what a minute has milliseconds. */
struct bucket {
	int64_t per_minute, level, at_ms;
};
struct ways {
	pthread_mutex_t lock;
	struct bucket buckets[PACES];
};

int ways_open(struct intake *in, struct err *err)
{
	struct ways *ways = calloc(1, sizeof(*ways));
	int64_t now = in->env->boot_ms(in->env);

	if (ways == NULL || pthread_mutex_init(&ways->lock, NULL) != 0) {
		free(ways);
		return ERR_SET(err, ERR_NOMEM, "no memory for limits", 0);
	}
	for (size_t i = 0; i < PACES; i++) {
		int64_t n = per_minute[i] > 0
				? per_minute[i]
				: in->conf->settings->portal.asks_per_minute;

		if (n < 1)
			n = 1;
		ways->buckets[i] = (struct bucket){
		    .per_minute = n, .level = n * MINUTE_MS, .at_ms = now};
	}
	in->ways = ways;
	return 0;
}

void ways_close(struct intake *in)
{
	if (in->ways != NULL)
		(void)pthread_mutex_destroy(&in->ways->lock); /* nobody has it
							       */
	free(in->ways);
	in->ways = NULL;
}

/* --- finding -------------------------------------------------------------- */

const struct way *way_find(const struct intake *in, const char *url)
{
	if (in->passages == NULL)
		return NULL;
	for (size_t i = 0; i < WAYS; i++) {
		size_t len = strlen(all_ways[i].prefix);

		if (strncmp(url, all_ways[i].prefix, len) != 0 ||
		    (url[len] != '\0' && url[len] != '/' && url[len] != '?'))
			continue;
		return all_ways[i].portal && !in->conf->settings->portal.enabled
			   ? NULL
			   : &all_ways[i];
	}
	return NULL;
}

void way_note(const struct intake *in, struct visitor *v, const char *raw)
{
	const char *query;
	size_t len;

	if (raw == NULL || way_find(in, raw) == NULL)
		return;
	query = strchr(raw, '?');
	if (query == NULL)
		return;
	len = strlen(query + 1);
	v->query_odd = len > PUBLIC_QUERY_MAX;
	if (v->query_odd)
		return;
	v->query = malloc(len + 1);
	if (v->query == NULL)
		v->query_odd = true;
	else
		memcpy(v->query, query + 1, len + 1);
}

/* --- limits --------------------------------------------------------------- */

static bool take(struct bucket *b, int64_t now, int *ret_s)
{
	int64_t most = b->per_minute * MINUTE_MS, gone = now - b->at_ms;

	if (gone > MINUTE_MS)
		gone = MINUTE_MS;
	if (gone > 0) {
		b->level += gone * b->per_minute;
		b->at_ms = now;
	}
	if (b->level > most)
		b->level = most;
	if (b->level >= MINUTE_MS) {
		b->level -= MINUTE_MS;
		return true;
	}
	*ret_s = (int)((MINUTE_MS - b->level) / b->per_minute / 1000) + 1;
	return false;
}

bool way_lets(struct intake *in, const struct visitor *v, const char *url,
	      int *ret_s)
{
	const struct way *way = v->way;
	enum pace pace = v->method == PUBLIC_GET	    ? way->reads
			 : url[strlen(way->prefix)] == '\0' ? way->writes_top
							    : way->writes;
	bool lets;

	pthread_mutex_lock(&in->ways->lock);
	lets = take(&in->ways->buckets[pace], in->env->boot_ms(in->env), ret_s);
	pthread_mutex_unlock(&in->ways->lock);
	return lets;
}
