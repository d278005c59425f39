"""What Alertmanager's integrations accept: kinds, fields, and the version each came with, as data.

In: nothing. Out: `KINDS`, `NESTED` and `GLOBAL`, read by `receivers`.

Sources: Alertmanager's CHANGELOG and config/notifiers.go up to 0.31, prometheus/common's config/http_config.go, and
the version checks of the Prometheus operator (pkg/alertmanager/amcfg.go). What 0.25 accepts is held against amtool 0.25
by the tests.

One field a line: name, type, and the version it came with where that is later than 0.22. Types: text, bool, int,
duration, url, file, map, list (of anything), texts (a list of them), csv (comma-separated; a list is joined), secret,
secreturl (an address that is a secret by itself), or the name of a block of `NESTED`.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

Version = tuple[int, int]

NEWEST: Version = (0, 31)
"""What these tables know. A newer target may have kinds and fields that they do not: those are passed through."""
OLDEST: Version = (0, 22)
"""Fields without a version are at least this old; older servers know no `matchers` either."""


class Field(NamedTuple):
    type: str
    since: Version


class Block(NamedTuple):
    """`required`: groups of fields of which one has to be there. `shared`: group → the `global:` settings that stand in
    for it."""

    since: Version
    fields: dict[str, Field]
    required: tuple[tuple[str, ...], ...] = ()
    shared: tuple[tuple[str, ...], ...] = ()


_REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "pagerduty": (("routing_key_file", "service_key_file", "routing_key", "service_key"),),
    "slack": (("api_url_file", "app_token_file", "api_url", "app_token"),),
    "email": (("to",), ("from",), ("smarthost",)),
    "webhook": (("url", "url_file"),),
    "opsgenie": (("api_key_file", "api_key"),),
    "sns": (("topic_arn", "target_arn", "phone_number"),),
    "victorops": (("routing_key",), ("api_key_file", "api_key")),
    "pushover": (("user_key_file", "user_key"), ("token_file", "token")),
    "wechat": (("api_secret_file", "api_secret"), ("corp_id",)),
    "telegram": (("bot_token_file", "bot_token"), ("chat_id", "chat_id_file")),
    "discord": (("webhook_url_file", "webhook_url"),),
    "webex": (("room_id",), ("http_config",)),
    "msteams": (("webhook_url_file", "webhook_url"),),
    "msteamsv2": (("webhook_url_file", "webhook_url"),),
    "jira": (("api_url",), ("project",), ("issue_type",)),
    "rocketchat": (("token_file", "token"), ("token_id_file", "token_id")),
    "incidentio": (("url", "url_file"),),
    "mattermost": (("webhook_url_file", "webhook_url"),),
}

# In the order of `_REQUIRED`: which global settings stand in for a missing group.
_SHARED: dict[str, tuple[tuple[str, ...], ...]] = {
    "slack": (("slack_api_url_file", "slack_api_url", "slack_app_token_file", "slack_app_token"),),
    "email": ((), ("smtp_from",), ("smtp_smarthost",)),
    "opsgenie": (("opsgenie_api_key_file", "opsgenie_api_key"),),
    "victorops": ((), ("victorops_api_key_file", "victorops_api_key")),
    "wechat": (("wechat_api_secret_file", "wechat_api_secret"), ("wechat_api_corp_id",)),
    "telegram": (("telegram_bot_token_file", "telegram_bot_token"), ()),
    "jira": (("jira_api_url",), (), ()),
    "rocketchat": (
        ("rocketchat_token_file", "rocketchat_token"),
        ("rocketchat_token_id_file", "rocketchat_token_id"),
    ),
}

# Each block starts with its name and, for an integration, the version that brought it.
_KINDS = """
pagerduty 0.22
  routing_key secret
  routing_key_file file 0.25
  service_key secret
  service_key_file file 0.25
  url url
  client text
  client_url text
  description text
  details map
  images list
  links list
  source text 0.25
  severity text
  class text
  component text
  group text
  timeout duration 0.30
slack 0.22
  api_url secreturl
  api_url_file file
  app_token secret 0.30
  app_token_file file 0.30
  app_url url 0.30
  channel text
  username text
  color text
  title text
  title_link text
  pretext text
  text text
  message_text text 0.31
  fields list
  short_fields bool
  footer text
  fallback text
  callback_id text
  icon_emoji text
  icon_url text
  image_url text
  thumb_url text
  link_names bool
  mrkdwn_in texts
  actions list
  timeout duration 0.30
email 0.22
  to csv
  from text
  hello text
  smarthost text
  auth_username text
  auth_password secret
  auth_password_file file 0.25
  auth_secret secret
  auth_secret_file file 0.31
  auth_identity text
  headers map
  html text
  text text
  require_tls bool
  tls_config tls_config
  force_implicit_tls bool 0.31
webhook 0.22
  url url
  url_file file 0.26
  max_alerts int
  timeout duration 0.28
opsgenie 0.22
  api_key secret
  api_key_file file 0.24
  api_url url
  message text
  description text
  source text
  details map
  entity text 0.24
  responders list
  actions csv 0.24
  tags csv
  note text
  priority text
  update_alerts bool 0.24
sns 0.23
  api_url text
  sigv4 sigv4
  topic_arn text
  phone_number text
  target_arn text
  subject text
  message text
  attributes map
victorops 0.22
  api_key secret
  api_key_file file 0.25
  api_url url
  routing_key text
  message_type text
  state_message text
  entity_display_name text
  monitoring_tool text
  custom_fields map
pushover 0.22
  user_key secret
  user_key_file file 0.26
  token secret
  token_file file 0.26
  title text
  message text
  url text
  url_title text
  device text 0.26
  sound text
  priority text
  retry duration
  expire duration
  ttl duration 0.27
  html bool
  monospace bool 0.29
wechat 0.22
  api_secret secret
  api_secret_file file 0.31
  corp_id text
  message text
  api_url url
  to_user text
  to_party text
  to_tag text
  agent_id text
  message_type text
telegram 0.24
  api_url url
  bot_token secret
  bot_token_file file 0.26
  chat_id int
  chat_id_file file 0.31
  message_thread_id int 0.28
  message text
  disable_notifications bool
  parse_mode text
discord 0.25
  webhook_url secreturl
  webhook_url_file file 0.27
  content text 0.28
  title text
  message text
  username text 0.28
  avatar_url text 0.28
webex 0.25
  api_url url
  room_id text
  message text
msteams 0.26
  webhook_url secreturl
  webhook_url_file file 0.27
  title text
  summary text 0.27
  text text
msteamsv2 0.28
  webhook_url secreturl
  webhook_url_file file
  title text
  text text
jira 0.28
  api_url url
  api_type text 0.29
  project text
  summary text
  description text
  labels texts
  priority text
  issue_type text
  reopen_transition text
  resolve_transition text
  wont_fix_resolution text
  reopen_duration duration
  fields map
rocketchat 0.28
  api_url url
  token secret
  token_file file
  token_id secret
  token_id_file file
  channel text
  color text
  title text
  title_link text
  text text
  fields list
  short_fields bool
  emoji text
  icon_url text
  image_url text
  thumb_url text
  link_names bool
  actions list
incidentio 0.29
  url url
  url_file file
  alert_source_token secret
  alert_source_token_file file
  max_alerts int
  timeout duration
mattermost 0.30
  webhook_url secreturl
  webhook_url_file file
  channel text
  username text
  text text
  icon_url text
  icon_emoji text
  attachments list
  props map
  priority map
"""

_NESTED = """
http_config
  basic_auth basic_auth
  authorization authorization
  oauth2 oauth2
  bearer_token secret
  bearer_token_file file
  tls_config tls_config
  follow_redirects bool
  enable_http2 bool 0.25
  proxy_url url
  no_proxy text 0.26
  proxy_from_environment bool 0.26
  proxy_connect_header secretmap 0.25
  http_headers headers 0.28
basic_auth
  username text
  username_file file 0.28
  password secret
  password_file file
authorization
  type text
  credentials secret
  credentials_file file
oauth2
  client_id text
  client_secret secret
  client_secret_file file
  scopes texts
  token_url url
  endpoint_params map
  tls_config tls_config 0.25
  proxy_url url 0.25
  no_proxy text 0.26
  proxy_from_environment bool 0.26
  proxy_connect_header secretmap 0.26
tls_config
  ca text 0.28
  ca_file file
  cert text 0.28
  cert_file file
  key secret 0.28
  key_file file
  server_name text
  insecure_skip_verify bool
  min_version text 0.25
  max_version text 0.25
header
  values texts
  secrets secretlist
  files texts
sigv4
  region text
  access_key secret
  secret_key secret
  profile text
  role_arn text
global
  resolve_timeout duration
  http_config http_config
  smtp_from text
  smtp_hello text
  smtp_smarthost text
  smtp_auth_username text
  smtp_auth_password secret
  smtp_auth_password_file file 0.25
  smtp_auth_secret secret
  smtp_auth_secret_file file 0.31
  smtp_auth_identity text
  smtp_require_tls bool
  smtp_tls_config tls_config 0.28
  smtp_force_implicit_tls bool 0.31
  slack_api_url secreturl
  slack_api_url_file file
  slack_app_token secret 0.30
  slack_app_token_file file 0.30
  slack_app_url url 0.30
  pagerduty_url url
  opsgenie_api_url url
  opsgenie_api_key secret
  opsgenie_api_key_file file 0.24
  wechat_api_url url
  wechat_api_secret secret
  wechat_api_secret_file file 0.31
  wechat_api_corp_id text
  victorops_api_url url
  victorops_api_key secret
  victorops_api_key_file file 0.25
  telegram_api_url url 0.24
  telegram_bot_token secret 0.31
  telegram_bot_token_file file 0.31
  webex_api_url url 0.25
  jira_api_url url 0.28
  rocketchat_api_url url 0.28
  rocketchat_token secret 0.28
  rocketchat_token_file file 0.28
  rocketchat_token_id secret 0.28
  rocketchat_token_id_file file 0.28
"""


def version(text: str) -> Version:
    """(0, 25) of `0.25`."""
    major, minor = text.split(".")
    return int(major), int(minor)


@cache
def kinds() -> dict[str, Block]:
    """The integrations by name, such as `slack`."""
    blocks = {}
    for name, block in _blocks(_KINDS).items():
        fields = {**block.fields, "send_resolved": Field("bool", block.since)}
        if name != "email":
            fields["http_config"] = Field("http_config", block.since)
        blocks[name] = Block(block.since, fields, _REQUIRED[name], _SHARED.get(name, ()))
    return blocks


@cache
def nested() -> dict[str, Block]:
    """Blocks that fields are made of, and `global`."""
    return _blocks(_NESTED)


def _blocks(table: str) -> dict[str, Block]:
    blocks: dict[str, Block] = {}
    block = Block(OLDEST, {})
    for line in table.strip().splitlines():
        words = line.split()
        if line[0] != " ":
            block = Block(version(words[1]) if words[1:] else OLDEST, {})
            blocks[words[0]] = block
        else:
            block.fields[words[0]] = Field(words[1], version(words[2]) if words[2:] else block.since)
    return blocks
