# One image for everything: docker run IMAGE api | worker | migrate | doctor | any other command of gridwork.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim-bookworm AS dependencies
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.lock /tmp/requirements.lock
# Wheels only: nothing is compiled, so that neither stage needs a compiler.
RUN /opt/venv/bin/pip install --require-hashes --only-binary :all: -r /tmp/requirements.lock

FROM node:24-bookworm-slim AS pages
COPY web /src/web
RUN cd /src/web && npm ci && npm run build

FROM python:${PYTHON}-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/gridwork --create-home gridwork \
    && install --directory --owner=gridwork --mode=700 /var/lib/gridwork-files
COPY --from=dependencies /opt/venv /opt/venv
COPY app /srv/gridwork/app
COPY --from=pages /src/app/web/dist /srv/gridwork/app/web/dist
COPY migrations /srv/gridwork/migrations
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/srv/gridwork \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    GRIDWORK_HOME=/var/lib/gridwork \
    GRIDWORK_STORAGE=/var/lib/gridwork-files \
    GRIDWORK_HOST=0.0.0.0 \
    GRIDWORK_PORT=8000
WORKDIR /var/lib/gridwork
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['GRIDWORK_PORT']}/health/ready\", timeout=4)"]
ENTRYPOINT ["python", "-m", "app.cli"]
CMD ["api"]
