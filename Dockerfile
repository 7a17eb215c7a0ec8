# One image for every Molva service; the command says which (docker-compose.yml).

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/molva
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY collectors collectors
COPY streams streams
COPY indexer indexer
COPY console console
COPY molva molva
RUN /opt/molva/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt .

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/molva molva
COPY --from=build /opt/molva /opt/molva
ENV PATH=/opt/molva/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    MOLVA_FOLDER=/var/lib/molva/data
RUN mkdir /var/lib/molva/data && chown molva:molva /var/lib/molva/data
USER molva
WORKDIR /var/lib/molva
VOLUME /var/lib/molva/data
ENTRYPOINT ["molva"]
CMD ["--help"]
