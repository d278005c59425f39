# monitorspec with the programs that it runs: promtool, amtool and git.
#
#     docker build --tag monitorspec .
#     docker run --rm --user "$(id -u)" --volume "$PWD:/repo" monitorspec lint
#
# `monitorspec-host` is for pipelines: it keeps the comment of a change up to date (see docs/ci.md).

FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md constraints.txt ./
COPY schemas ./schemas
COPY monitorspec ./monitorspec
RUN python -m venv /opt/monitorspec \
 && /opt/monitorspec/bin/python -m pip install --no-cache-dir --disable-pip-version-check --constraint constraints.txt .

# The packages bring servers, too: only the two programs are taken, which need nothing but the C library.
FROM python:3.12-slim-bookworm AS tools
# hadolint ignore=DL3008
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends prometheus prometheus-alertmanager \
 && rm -rf /var/lib/apt/lists/*

FROM python:3.12-slim-bookworm
# Debian's stable release is what is pinned. A repository that is mounted belongs to somebody else, which git has to be told.
# hadolint ignore=DL3008
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* \
 && git config --system --add safe.directory '*' \
 && useradd --create-home --uid 1000 monitorspec
COPY --from=tools /usr/bin/promtool /usr/bin/amtool /usr/local/bin/
COPY --from=build /opt/monitorspec /opt/monitorspec
COPY ci/host.py /usr/local/bin/monitorspec-host
ENV PATH=/opt/monitorspec/bin:$PATH
USER 1000
WORKDIR /repo
ENTRYPOINT ["monitorspec"]
CMD ["--help"]
