import express, { type Request, type Response } from 'express';
import { Readable } from 'node:stream';

/** Parses a body, so that the parser loads its decoders, which it otherwise does for the first request. */
export function parseFirstBody(): Promise<void> {
  const body = '{}';
  const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
  const request = Object.assign(Readable.from([Buffer.from(body)]), { headers });
  return new Promise((resolve, reject) => {
    express.json()(request as unknown as Request, {} as Response, (error?: Error) =>
      error === undefined ? resolve() : reject(error),
    );
  });
}
