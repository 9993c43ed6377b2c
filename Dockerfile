# Footfall with the demo's recordings. Build and run: docker compose up --build
FROM python:3.13-slim

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 XDG_CACHE_HOME=/opt/footfall/.cache
WORKDIR /opt/footfall

COPY requirements.lock .
RUN pip install --require-hashes -r requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY processing processing
COPY gateway gateway
COPY dashboards dashboards
RUN pip install --no-deps --no-build-isolation -e . \
    && useradd --create-home --uid 10001 footfall \
    && mkdir /data .cache && chown footfall /data .cache
COPY recordings recordings

USER footfall
# Compile the signal processing now, so that no run waits for it
RUN python -m footfall_processing.warmup
VOLUME /data
EXPOSE 8420
ENTRYPOINT ["footfall"]
CMD ["demo", "--no-browser", "--host", "0.0.0.0", "--data-dir", "/data"]
