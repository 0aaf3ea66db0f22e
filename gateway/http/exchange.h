/* exchange.h - one call under way.  Private to gateway/http. */
#ifndef POSTERN_HTTP_EXCHANGE_H
#define POSTERN_HTTP_EXCHANGE_H

#include <curl/curl.h>

#include "postern/http.h"

#define HOST_BYTES	 256
#define HEADER_BYTES_MAX (64 * 1024)
/* Of an answer that is an error while a sink waits for a success. */
#define ERROR_BODY_MAX (64 * 1024)

struct exchange {
	struct env *env;
	struct exchange *previous, *next;
	CURL *easy;
	struct curl_slist *headers;
	curl_mime *mime;
	struct http_call call;
	http_done done;
	void *ctx;
	struct http_reply reply;
	char host[HOST_BYTES]; /* as in the URL, without brackets */
	bool plain;	       /* http, not https */
	size_t header_bytes, body_bytes;
	int64_t file_given; /* bytes the source gave so far */
	/* What happened, for the fate. */
	bool refused;	/* the guard said no */
	bool permitted; /* ... and once yes: a connection was tried */
	bool began;	/* the request may have left this host */
	bool too_large, aborted;
};

/* --- guard.c --------------------------------------------------------------
 */
/* Checks the URL, fills host and plain.  false: refuse the call. */
bool guard_url(struct exchange *x);
/* CURLOPT_OPENSOCKETFUNCTION: sees the address of every connect. */
curl_socket_t guard_open_socket(void *ctx, curlsocktype purpose,
				struct curl_sockaddr *address);
/* CURLOPT_PREREQFUNCTION: sees the peer before every request, also on a
 * connection that another call, with another allow list, had opened. */
int guard_before_request(void *ctx, char *peer_ip, char *local_ip,
			 int peer_port, int local_port);

/* --- exchange.c -----------------------------------------------------------
 */
/* Makes the curl handle.  ERR_NOMEM or ERR_INPUT. */
int exchange_prepare(struct exchange *x, struct curl_slist *resolve,
		     struct err *err);
/*
 * A POST that is over may rest: what it carried is wiped and freed, the handle
 * keeps where it went and under which rules.  Making one costs as much as all
 * else that is ours in a request.
 *
 * exchange_rest	false: this one cannot.
 * exchange_fits	goes the call to the same place under the same rules?
 * exchange_renew	takes the content of a call that fits; ERR_NOMEM.
 */
bool exchange_rest(struct exchange *x);
bool exchange_fits(const struct exchange *x, const struct http_call *call);
int exchange_renew(struct exchange *x, struct http_call *call, struct err *err);
/* Fills x->reply from the result of curl. */
void exchange_judge(struct exchange *x, CURLcode result);
/* Wipes and frees; the handle must have left the multi handle. */
void exchange_free(struct exchange **x);

#endif
