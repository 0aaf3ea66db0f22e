/* consent_proof.c - what proves one person's consent to one purpose, in the
 * form that is asked for. */
#include "consent_pack.h"
#include "postern/consentpage.h"
#include "postern/log.h"
#include "problem.h"
#include "route.h"

#define PAPER_MAX (6u * 1024 * 1024)

struct wish {
	const char *form; /* static */
	enum tongue tongue;
	struct name channel;
	bool one; /* only that channel */
};

static int read_wish(const struct worker *w, struct job *job, struct wish *ret)
{
	static const char *const forms[] = {"jsonld", "kantara", "html"};
	const char *form = job->query[QUERY_FORM];
	const char *language = job->query[QUERY_LANGUAGE];
	const char *channel = job->query[QUERY_CHANNEL];

	*ret = (struct wish){.one = channel[0] != '\0'};
	if (form[0] == '\0')
		form = job->wants_page ? "html" : "jsonld";
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(forms[i], form) == 0)
			ret->form = forms[i];
	if (ret->form == NULL)
		return job_refuse(job, &problem_malformed,
				  "form is jsonld, kantara or html");
	if (language[0] == '\0')
		language = w->settings->controller.language;
	/* Settings know no other; a test may have none. */
	if (!tongue_parse(language, &ret->tongue) &&
	    job->query[QUERY_LANGUAGE][0] != '\0')
		return job_refuse(job, &problem_malformed,
				  "language is de or en");
	if (ret->one && !name_set(&ret->channel, channel, strlen(channel)))
		return job_refuse(job, &problem_malformed,
				  "channel is no name");
	return 0;
}

static int answer_json(struct job *job, json_t *value, const char *type,
		       struct err *err)
{
	if (job_json(job, 200, value, err) != 0)
		return -1;
	job->answer_type = type;
	return 0;
}

/* The one style of the page, by its hash; nothing else. */
static int answer_page(struct job *job, struct pack *p, enum tongue tongue,
		       struct err *err)
{
	struct buf page = BUF_INIT(PAPER_MAX);
	char style[CONSENTPAGE_STYLE_BYTES];
	int rc = pack_paper(p, tongue, &page, err);

	consentpage_style(style);
	(void)snprintf(job->page_policy, sizeof(job->page_policy),
		       "default-src 'none'; style-src '%s'; "
		       "frame-ancestors 'none'; sandbox",
		       style);
	if (rc == 0)
		rc = job_text(job, 200, "text/html; charset=utf-8", page.bytes,
			      page.len, err);
	buf_free(&page);
	return rc;
}

static int answer(struct job *job, struct pack *p, const struct wish *wish,
		  struct err *err)
{
	if (strcmp(wish->form, "html") == 0)
		return answer_page(job, p, wish->tongue, err);
	if (strcmp(wish->form, "jsonld") == 0)
		return answer_json(job, pack_receipt(p), "application/ld+json",
				   err);
	/* That form has one time and one method for all that is in it. */
	if (p->channels_len > 1)
		return job_refuse(job, &problem_malformed,
				  "consents on several channels: name one "
				  "with channel");
	return answer_json(job, pack_kantara(p, 0), "application/json", err);
}

int api_consent_proof(struct worker *w, struct job *job, struct err *err)
{
	struct pack *pack = NULL;
	struct name purpose;
	struct wish wish;
	int rc = -1;

	if (read_wish(w, job, &wish) != 0)
		return -1;
	if (!route_name(job->route, job->path, &purpose))
		return job_refuse(job, &problem_absent, NULL);
	if (pack_open(w, job, &purpose, wish.one ? &wish.channel : NULL, &pack,
		      err) == 0)
		rc = answer(job, pack, &wish, err);
	if (rc == 0)
		LOG(LOG_LEVEL_INFO, "consent.proved",
		    LOG_ID("request", &job->request));
	pack_free(&pack);
	return rc;
}
